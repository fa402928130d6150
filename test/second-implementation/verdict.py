"""Section 11: what a recipient says of a share."""

import canonical_json
import ed25519
import mp4
from clip import AUDIO, LANE_NAMES, VIDEO, key_commitment, leaf_hash, nonce_of, open_fragment, position_of, root_of_path
from consent import Grant, NotForUs, open_facts
from dsse import Statement, open_statement
from refused import Refused
from share import Share


class Opened:
    def __init__(self, text, lanes):
        self.text = text
        self.lanes = lanes  # {lane: [plain text of index 0, of first, …]}, None if the seals were not opened


def judge(archive, card=None, box_secret=None):
    """The verdict's text. The first check that fails throws Refused with the verdict as its code."""
    try:
        share = Share(archive)
        manifest = Statement("manifest", share.manifest)
        release = Statement("release", share.release)
    except Refused as refused:
        raise Refused("shape", str(refused)) from None

    clip, clip_key = manifest.bytes_of("clip"), manifest.bytes_of("clipKey")
    counts, ranges = manifest.fields["leaves"], release.fields["lanes"]
    if not ed25519.key_is_sound(clip_key):
        raise Refused("clip-key")
    if not manifest.signed_by(clip_key):
        raise Refused("manifest-signature")
    if not release.signed_by(clip_key):
        raise Refused("release-signature")

    if release.bytes_of("manifest") != manifest.digest:
        raise Refused("binding", "another manifest")
    if any(one["end"] > counts[LANE_NAMES[one["lane"]]] for one in ranges):
        raise Refused("binding", "beyond the clip's end")
    if card is not None and release.bytes_of("recipient") != Statement("recipient-card", card).digest:
        raise Refused("binding", "another card")

    total, root = sum(counts.values()), manifest.bytes_of("root")
    for leaf, path in share.leaves:
        position = position_of(leaf, counts)
        if position is None or root_of_path(leaf_hash(leaf.data), position, total, path) != root:
            raise Refused("leaf-path", str(leaf.place))

    leaves = {leaf.place: leaf for leaf, _ in share.leaves}
    for place, ciphertext in share.fragments:
        if place in leaves and not leaves[place].is_of(ciphertext):
            raise Refused("ciphertext-hash", str(place))

    wanted = [(one["lane"], index) for one in ranges for index in [0, *range(one["first"], one["end"])]]
    if [leaf.place for leaf, _ in share.leaves] != wanted or [place for place, _ in share.fragments] != wanted:
        raise Refused("set")

    lanes = None
    if box_secret is not None:
        lanes = _open_seals(share, clip, clip_key, wanted, leaves, box_secret)
    return Opened(_ok_text(manifest.fields, ranges, lanes is not None), lanes)


def _open_seals(share, clip, clip_key, wanted, leaves, box_secret):
    try:
        grant = Grant(share.grant, box_secret)
    except (NotForUs, Refused) as error:
        raise Refused("key-commitment", str(error) or "the grant does not open") from None
    if grant.clip != clip or list(grant.keys) != wanted:
        raise Refused("key-commitment", "the grant is for other fragments")
    for place in wanted:
        if key_commitment(grant.keys[place], nonce_of(clip, *place)) != leaves[place].commitment:
            raise Refused("key-commitment", str(place))

    lanes, checks = {}, {}
    for place, ciphertext in share.fragments:
        try:
            plain = open_fragment(clip, leaves[place], grant.keys[place], ciphertext)
        except Refused as refused:
            raise Refused("open", str(refused)) from None
        lane, index = place
        try:
            if index == 0:
                checks[lane] = mp4.LaneCheck(plain, {VIDEO: b"vide", AUDIO: b"soun"}[lane], lane == VIDEO)
            else:
                checks[lane].fragment(plain)
        except mp4.Malformed as error:
            raise Refused("init", f"{place}: {error}") from None
        lanes.setdefault(lane, []).append(plain)

    if share.facts is not None:
        facts = open_facts(share.facts, box_secret)
        if facts is None:
            raise Refused("open", "facts")
        if facts["clipKey"] is not None:
            _check_clip_key(canonical_json.base64url_decode(facts["clipKey"]), clip, clip_key)
    return lanes


def _check_clip_key(envelope, clip, clip_key):
    try:
        device = Statement("clip-key", envelope).bytes_of("device")
        statement = open_statement("clip-key", envelope, [device])
    except Refused as refused:
        raise Refused("binding", str(refused)) from None
    if statement.bytes_of("clip") != clip or statement.bytes_of("clipKey") != clip_key:
        raise Refused("binding", "a clip-key statement of another clip")


def _ok_text(manifest, ranges, opened):
    shared = {one["lane"]: one for one in ranges}
    recorded = {lane: manifest["leaves"][LANE_NAMES[lane]] - 1 for lane in (VIDEO, AUDIO)}

    def span(word, lane):
        return f"{word} {shared[lane]['first']}-{shared[lane]['end'] - 1} of {recorded[lane]}"

    parts = [span("fragments", VIDEO) if VIDEO in shared else "picture withheld"]
    if AUDIO in shared:
        parts.append(span("sound", AUDIO))
    else:
        parts.append("sound withheld" if recorded[AUDIO] > 0 else "no sound recorded")
    parts.append(f"clock {manifest['clock']}")
    if manifest["closed"] == "cut":
        parts.append("the recording was cut short")
    if not opened:
        parts.append("seals not opened")
    return "ok: " + ", ".join(parts)
