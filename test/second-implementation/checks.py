"""Section 17: one check for each vector file. A check throws Wrong (or Refused) where a vector does not hold."""

import base64
from functools import lru_cache

import audit
import canonical_json
import channel
import clip as clips
import clip_file
import consent as consents
import delivery
import dsse
import ed25519
import mp4
import pairing
import primitives
import tlog
import register
import verdict
from refused import Refused


class Wrong(Exception):
    pass


def same(what, found, expected):
    if type(found) is not type(expected) or found != expected:
        raise Wrong(f"{what}: {str(found)[:120]} instead of {str(expected)[:120]}")


def unhex(text):
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise Wrong("not lower-case hexadecimal")
    return data


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    same("base64", base64.b64encode(data).decode("ascii"), text)
    return data


def exactly(value, members, optional=""):
    """Every member of a vector is known here, and none is missing."""
    if not isinstance(value, dict):
        raise Wrong("not an object")
    members, optional = set(members.split()), set(optional.split())
    if not members <= set(value) <= members | optional:
        raise Wrong(f"members missing or unknown: {sorted(set(value) ^ members)}")


def as_written(kind, envelope, public_key):
    """A statement of a vector, in the one spelling that section 5 gives to writers, and signed."""
    statement = dsse.open_statement(kind, envelope.encode("utf-8"), [public_key])
    again = canonical_json.encode({
        "payload": canonical_json.standard_base64(statement.payload),
        "payloadType": dsse.payload_type(kind),
        "signatures": [
            {"keyid": dsse.keyid(public_key), "sig": canonical_json.standard_base64(statement.signature)},
        ],
    })
    same("envelope", again.decode("utf-8"), envelope)
    return statement


def refusal(code, check):
    """The check must throw Refused with that code."""
    try:
        check()
    except Refused as refused:
        same("code", refused.code, code)
        return
    raise Wrong(f"not refused, which should be {code}")


# Section 3


def hashes(vector, _):
    exactly(vector, "label parts hash")
    same("hash", primitives.own(vector["label"], *map(unhex, vector["parts"])).hex(), vector["hash"])


def public_keys(vector, _):
    exactly(vector, "name publicKey ok")
    same("ok", ed25519.key_is_sound(unhex(vector["publicKey"])), vector["ok"])


def signatures(vector, _):
    exactly(vector, "name publicKey message signature ok", "seed")
    key, message, signature = (unhex(vector[name]) for name in ("publicKey", "message", "signature"))
    same("ok", ed25519.verify(key, message, signature), vector["ok"])
    if "seed" in vector:
        same("publicKey", ed25519.public_key_of(unhex(vector["seed"])), key)
        same("signature", ed25519.sign(unhex(vector["seed"]), message), signature)
    if ed25519.key_is_sound(key) and len(signature) == 64:
        same("libsodium's verdict", _libsodium_takes(key, message, signature), vector["ok"])


def _libsodium_takes(key, message, signature):
    try:
        primitives.sodium.crypto_sign_open(signature + message, key)
        return True
    except primitives.nacl.exceptions.CryptoError:
        return False


def sealed_messages(vector, _):
    exactly(vector, "boxSecret boxPublic plain sealed")
    secret = unhex(vector["boxSecret"])
    same("boxPublic", primitives.x25519_public(secret).hex(), vector["boxPublic"])
    same("plain", primitives.sealed_open(unhex(vector["sealed"]), secret), unhex(vector["plain"]))


# Section 4


def canonical(vector, _):
    exactly(vector, "name bytes ok")
    data = unhex(vector["bytes"])
    if vector["ok"] is True:
        same("bytes", canonical_json.encode(canonical_json.decode(data)), data)
    else:
        same("ok", vector["ok"], False)
        refusal("json/encoding", lambda: canonical_json.decode(data))


# Sections 5 and 6


def statements(vector, _):
    exactly(vector, "name kind signerSeed signer keyid payload digest signature envelope")
    kind, seed, payload = vector["kind"], unhex(vector["signerSeed"]), vector["payload"].encode("utf-8")
    signer = ed25519.public_key_of(seed)
    same("signer", signer.hex(), vector["signer"])
    same("keyid", dsse.keyid(signer), vector["keyid"])
    statement = as_written(kind, vector["envelope"], signer)
    same("payload", statement.payload, payload)
    same("digest", statement.digest.hex(), vector["digest"])
    same("signature", statement.signature.hex(), vector["signature"])
    same("envelope", dsse.envelope(kind, payload, seed).decode("utf-8"), vector["envelope"])
    carried = {
        "manifest": "clipKey",
        "recipient-card": "signKey",
        "clip-key": "device",
        "pairing": "device",
        "audit-head": "device",
        "register": "operator",
        "request": "requester",
        "outcome": "requester",
    }
    if kind in carried:
        same("key carried", statement.bytes_of(carried[kind]), signer)


# Section 7


def day_chain(vector, _):
    exactly(vector, "firstDay firstChainKey day chainKey boxSecret boxPublic")
    chain_key = clips.chain_key_of(vector["firstDay"], unhex(vector["firstChainKey"]), vector["day"])
    same("chainKey", chain_key.hex(), vector["chainKey"])
    same("boxSecret", clips.day_box_secret(chain_key).hex(), vector["boxSecret"])
    same("boxPublic", primitives.x25519_public(unhex(vector["boxSecret"])).hex(), vector["boxPublic"])


def wraps(vector, _):
    exactly(vector, "day boxSecret seed wrap")
    wrap = clips.Wrap(unhex(vector["wrap"]))
    same("day", wrap.day, vector["day"])
    same("seed", wrap.open(unhex(vector["boxSecret"])), unhex(vector["seed"]))


def clip_keys(vector, _):
    exactly(vector, "seed clip lane index key nonce commitment")
    key = clips.fragment_key(unhex(vector["seed"]), vector["lane"], vector["index"])
    nonce = clips.nonce_of(unhex(vector["clip"]), vector["lane"], vector["index"])
    same("key", key.hex(), vector["key"])
    same("nonce", nonce.hex(), vector["nonce"])
    same("commitment", clips.key_commitment(key, nonce).hex(), vector["commitment"])


def fragments(vector, _):
    exactly(vector, "clip lane index key plain ciphertext leaf leafHash")
    clip, key, ciphertext = (unhex(vector[name]) for name in ("clip", "key", "ciphertext"))
    nonce = clips.nonce_of(clip, vector["lane"], vector["index"])
    data = clips.make_leaf(vector["lane"], vector["index"], ciphertext, clips.key_commitment(key, nonce))
    same("leaf", data.hex(), vector["leaf"])
    same("leafHash", clips.leaf_hash(data).hex(), vector["leafHash"])
    same("plain", clips.open_fragment(clip, clips.Leaf(data), key, ciphertext).hex(), vector["plain"])
    same("ciphertext", primitives.secretbox(unhex(vector["plain"]), nonce, key).hex(), vector["ciphertext"])


def merkle(vector, _):
    exactly(vector, "leaves root paths")
    leaves = [clips.leaf_hash(unhex(leaf)) for leaf in vector["leaves"]]
    same("root", clips.tree_root(leaves).hex(), vector["root"])
    same("number of paths", len(vector["paths"]), len(leaves))
    for position, path in enumerate(vector["paths"]):
        path = [unhex(one) for one in path]
        same("path", clips.audit_path(leaves, position), path)
        root = clips.root_of_path(leaves[position], position, len(leaves), path)
        same("root of path", root.hex(), vector["root"])


def media(content, everything):
    """The plain text of the clip in clip-file.json."""
    exactly(content, "about video audio thumbnail")
    exactly(content["video"], "init fragments")
    exactly(content["audio"], "init fragments")
    for one in everything["clip-file.json"]["vectors"]:
        lanes = {lane: [] for lane in clips.LANE_NAMES}
        for fragment in one["fragments"]:
            lanes[fragment["lane"]].append(fragment["plain"])
        for lane in (clips.VIDEO, clips.AUDIO):
            track = content[clips.LANE_NAMES[lane]]
            same(clips.LANE_NAMES[lane], [track["init"], *track["fragments"]], lanes[lane])
        same("thumbnail", [content["thumbnail"]], lanes[clips.THUMBNAIL])


# Section 8


def whole_clip_file(vector, _):
    exactly(
        vector,
        "name fileBase64 headLength clip day deviceSeed clipSigningSeed seed members manifest manifestDigest clipKey fragments",
    )
    data = unbase64(vector["fileBase64"])
    clip, device_seed, seed = (unhex(vector[name]) for name in ("clip", "deviceSeed", "seed"))
    for piece in (len(data), 1, 7, 73, 512, 4096):
        reader = clip_file.read_clip_file(data, piece)
        same("bytes left over", reader.left_over, 0)
        same("headLength", reader.head_length, vector["headLength"])
        same("clip", reader.clip, clip)
        same("day", reader.day, vector["day"])
        same("manifest", reader.manifest, vector["manifest"].encode("utf-8"))
        same("clipKey", reader.clip_key, vector["clipKey"].encode("utf-8"))
        found = sorted((leaf.place, leaf.data.hex(), content) for leaf, content in reader.fragments)
        listed = [((one["lane"], one["index"]), one["leaf"]) for one in vector["fragments"]]
        same("leaves", [(place, leaf) for place, leaf, _ in found], listed)

    signing_seed = clips.clip_signing_seed(device_seed, clip)
    same("clipSigningSeed", signing_seed.hex(), vector["clipSigningSeed"])
    clip_key, device = ed25519.public_key_of(signing_seed), ed25519.public_key_of(device_seed)
    manifest = as_written("manifest", vector["manifest"], clip_key)
    same("manifestDigest", manifest.digest.hex(), vector["manifestDigest"])
    same("manifest's clip", manifest.bytes_of("clip"), clip)
    same("manifest's key", manifest.bytes_of("clipKey"), clip_key)
    statement = as_written("clip-key", vector["clipKey"], device)
    named = tuple(statement.bytes_of(name) for name in ("device", "clip", "clipKey"))
    same("clip-key statement", named, (device, clip, clip_key))

    same("number of wraps", len(reader.wraps), len(vector["members"]))
    for wrap, member in zip(reader.wraps, vector["members"]):
        exactly(member, "firstDay firstChainKey")
        chain_key = clips.chain_key_of(member["firstDay"], unhex(member["firstChainKey"]), wrap.day)
        same("seed", wrap.open(clips.day_box_secret(chain_key)), seed)

    counts = {name: 0 for name in clips.LANE_NAMES.values()}
    for (place, leaf, ciphertext), one in zip(found, vector["fragments"]):
        exactly(one, "lane index leaf plain")
        key = clips.fragment_key(seed, *place)
        plain = clips.open_fragment(clip, clips.Leaf(unhex(leaf)), key, ciphertext)
        same("plain", plain.hex(), one["plain"])
        same("index", place[1], counts[clips.LANE_NAMES[place[0]]])
        counts[clips.LANE_NAMES[place[0]]] += 1
        if place == (clips.META, 0):
            same("clock", clips.opening_meta(plain)["clock"], manifest.fields["clock"])
        if place == (clips.META, 1):
            meta = clips.closing_meta(plain)
    same("leaves", counts, manifest.fields["leaves"])
    same("root", clips.tree_root([clips.leaf_hash(unhex(leaf)) for _, leaf, _ in found]), manifest.bytes_of("root"))
    for name in ("video", "audio"):
        same("durations", len(meta[name]), counts[name] - 1)


# Section 9


def grants(vector, _):
    exactly(vector, "boxSecret grant digest clip entries")
    data = unhex(vector["grant"])
    same("digest", consents.grant_digest(data).hex(), vector["digest"])
    grant = consents.Grant(data, unhex(vector["boxSecret"]))
    same("clip", grant.clip.hex(), vector["clip"])
    for entry in vector["entries"]:
        exactly(entry, "lane index key")
    listed = [((entry["lane"], entry["index"]), unhex(entry["key"])) for entry in vector["entries"]]
    same("entries", list(grant.keys.items()), listed)


def whole_consent(vector, everything):
    exactly(vector, "owner purpose consent card grant facts manifest release")
    consent = as_written("consent", vector["consent"], unhex(vector["owner"]))
    card = _card(vector["card"])
    manifest = dsse.Statement("manifest", vector["manifest"].encode("utf-8"))
    clip_key = manifest.bytes_of("clipKey")
    as_written("manifest", vector["manifest"], clip_key)
    release = as_written("release", vector["release"], clip_key)
    same("purpose", consent.bytes_of("purpose"), consents.purpose_digest(vector["purpose"]))
    same("recipient", consent.bytes_of("recipient"), card.digest)
    same("grant", consent.bytes_of("grant"), consents.grant_digest(unhex(vector["grant"])))
    same("manifest", consent.bytes_of("manifest"), manifest.digest)
    same("clip", consent.bytes_of("clip"), manifest.bytes_of("clip"))
    same("release's consent", release.bytes_of("consent"), consent.digest)
    for name in ("manifest", "lanes", "recipient", "request"):
        same(f"release's {name}", release.fields[name], consent.fields[name])

    # The recipient is the one of shares.json; the secret that opens grant and facts stands there.
    secrets = [unhex(one["boxSecret"]) for one in everything["shares.json"]["vectors"] if one["card"] == vector["card"]]
    if not secrets:
        raise Wrong("the recipient is not that of shares.json")
    grant = consents.Grant(unhex(vector["grant"]), secrets[0])
    same("grant's clip", grant.clip, consent.bytes_of("clip"))
    ranges = consent.fields["lanes"]
    wanted = [(one["lane"], index) for one in ranges for index in [0, *range(one["first"], one["end"])]]
    same("grant's entries", list(grant.keys), wanted)
    facts = consents.open_facts(unhex(vector["facts"]), secrets[0])
    if facts is None:
        raise Wrong("facts do not open")
    if facts["clipKey"] is not None:
        statement = canonical_json.base64url_decode(facts["clipKey"]).decode("utf-8")
        same("facts' device", as_written("clip-key", statement, consent.bytes_of("device")).bytes_of("clipKey"), clip_key)


def _card(envelope):
    card = dsse.open_self_signed("recipient-card", envelope.encode("utf-8"), "signKey")
    return as_written("recipient-card", envelope, card.bytes_of("signKey"))


# Sections 10 and 11


def shares(vector, _):
    exactly(vector, "name shareBase64 card signSeed boxSecret inboxSecret verdict text", "mp4Sha256")
    archive, secret = unbase64(vector["shareBase64"]), unhex(vector["boxSecret"])
    card = _card(vector["card"])
    same("card's signKey", card.bytes_of("signKey"), ed25519.public_key_of(unhex(vector["signSeed"])))
    same("card's boxKey", card.bytes_of("boxKey"), primitives.x25519_public(secret))
    same("card's inbox", canonical_json.base64url_decode(card.fields["inbox"]["id"]), delivery.inbox_id(unhex(vector["inboxSecret"])))
    same("text", vector["text"].split(":")[0], vector["verdict"])
    same("mp4Sha256 given", "mp4Sha256" in vector, vector["verdict"] == "ok")

    def judge():
        return verdict.judge(archive, vector["card"].encode("utf-8"), secret)

    if vector["verdict"] != "ok":
        refusal(vector["verdict"], judge)
        return
    opened = judge()
    same("text", opened.text, vector["text"])
    same("text without the secret", verdict.judge(archive).text, vector["text"] + ", seals not opened")
    same("mp4Sha256", primitives.sha256(mp4.playable(opened.lanes)).hex(), vector["mp4Sha256"])


# Section 12


def deliveries(vector, _):
    exactly(
        vector,
        "name signSeed boxSecret inboxSecret inbox username password delivery inboxTopic receiptTopic"
        " shareLength shareDigest chunks offer index chunkBytes chunk receipt",
    )
    secret, inbox_secret = unhex(vector["boxSecret"]), unhex(vector["inboxSecret"])
    inbox, identifier, digest = (unhex(vector[name]) for name in ("inbox", "delivery", "shareDigest"))
    length, index, data = vector["shareLength"], vector["index"], unhex(vector["chunkBytes"])
    same("inbox", delivery.inbox_id(inbox_secret), inbox)
    same("login", delivery.login(inbox_secret), (vector["username"], vector["password"]))
    same("inboxTopic", delivery.inbox_topic(inbox, identifier), vector["inboxTopic"])
    same("receiptTopic", delivery.receipt_topic(identifier), vector["receiptTopic"])
    same("chunks", delivery.chunk_count(length), vector["chunks"])
    same("length of the chunk", len(data), min(delivery.CHUNK_BYTES, length - index * delivery.CHUNK_BYTES))
    if vector["chunks"] == 1:
        same("shareDigest", primitives.sha256(data), digest)
    offer = delivery.message(delivery.OFFER, 0, length, digest)
    chunk = delivery.message(delivery.CHUNK, index, length, digest, data)
    same("offer", primitives.sealed_open(unhex(vector["offer"]), secret), offer)
    same("chunk", primitives.sealed_open(unhex(vector["chunk"]), secret), chunk)
    receipt = as_written("receipt", vector["receipt"], ed25519.public_key_of(unhex(vector["signSeed"])))
    same("receipt's delivery", receipt.bytes_of("delivery"), identifier)
    same("receipt's share", receipt.bytes_of("share"), digest)
    same("receipt's chunks", receipt.fields["chunks"], vector["chunks"])
    same("complete", receipt.fields["complete"], receipt.fields["next"] == vector["chunks"])


# Section 13


def channels(vector, _):
    exactly(vector, "name key counter body attachment message")
    key, message, body = (unhex(vector[name]) for name in ("key", "message", "body"))
    same("message", channel.receive(key, message, vector["counter"] - 1), (vector["counter"], body))
    same("message", channel.seal(key, message[:24], vector["counter"], body), message)
    taken = channel.take_body(body)
    if taken is None:
        raise Wrong("body of another form")
    same("attachment", taken[1], unhex(vector["attachment"]))


def pairings(vector, _):
    exactly(
        vector,
        "code deviceSeed deviceKey pairingSecret broker memberKey memberEphemeralSecret hello answer finish transcript"
        " toDeviceKey toMemberKey pairingTopics pairingLogin linkTopics linkLogin",
    )
    for topics in ("pairingTopics", "linkTopics"):
        exactly(vector[topics], "toDevice toMember")
    for login in ("pairingLogin", "linkLogin"):
        exactly(vector[login], "username password")
    device_key, secret, member_key, ephemeral_secret = (
        unhex(vector[name]) for name in ("deviceKey", "pairingSecret", "memberKey", "memberEphemeralSecret")
    )
    code = pairing.Code(vector["code"])
    same("device key of the code", code.device_key, device_key)
    same("device key", ed25519.public_key_of(unhex(vector["deviceSeed"])), device_key)
    same("secret of the code", code.secret, secret)
    same("broker of the code", code.broker, vector["broker"])
    same("code", pairing.code_text(device_key, secret, vector["broker"]), vector["code"])

    def topics(pair):
        return {"toDevice": pair[0], "toMember": pair[1]}

    def login(pair):
        return {"username": pair[0], "password": pair[1]}

    same("pairingTopics", topics(pairing.pairing_topics(secret)), vector["pairingTopics"])
    same("pairingLogin", login(pairing.pairing_login(secret)), vector["pairingLogin"])
    ephemeral = primitives.x25519_public(ephemeral_secret)
    same("hello", pairing.hello(secret, device_key, member_key, ephemeral).hex(), vector["hello"])
    same("hello", pairing.open_hello(secret, device_key, unhex(vector["hello"])), (member_key, ephemeral))
    answer = unhex(vector["answer"])
    link, transcript = pairing.open_answer(answer, device_key, member_key, ephemeral_secret, ephemeral, secret)
    as_written("pairing", answer[65:].decode("utf-8"), device_key)
    same("transcript", transcript.hex(), vector["transcript"])
    same("finish", pairing.finish(link).hex(), vector["finish"])
    same("toDeviceKey", link.to_device_key.hex(), vector["toDeviceKey"])
    same("toMemberKey", link.to_member_key.hex(), vector["toMemberKey"])
    same("linkTopics", topics((link.to_device_topic, link.to_member_topic)), vector["linkTopics"])
    same("linkLogin", login(link.login()), vector["linkLogin"])


def web_tokens(vector, _):
    exactly(vector, "toDeviceKey webKey session path authorization")
    key = primitives.hkdf(unhex(vector["toDeviceKey"]), b"", b"doorward/v1/web-key\0", 32)
    same("web key", key, unhex(vector["webKey"]))
    session = unhex(vector["session"])
    mac = primitives.hmac(key, session, b"GET " + vector["path"].encode())
    same("authorization", "Doorward " + canonical_json.base64url(session + mac), vector["authorization"])


# Section 14


def audits(vector, _):
    exactly(vector, "device day boxSecret rows head")
    device, secret = unhex(vector["device"]), unhex(vector["boxSecret"])
    chain, last_day = audit.FIRST_CHAIN, 0
    for number, row in enumerate(vector["rows"], start=1):
        exactly(row, "sequence day sealed chain entry")
        same("sequence", row["sequence"], number)
        if row["day"] < last_day:
            raise Wrong("days fall")
        sealed, last_day = unhex(row["sealed"]), row["day"]
        chain = audit.chain_of(chain, row["sequence"], row["day"], sealed)
        same("chain", chain.hex(), row["chain"])
        opened = audit.open_row(sealed, secret)
        if opened is None:
            raise Wrong("row does not open")
        same("days of the wraps", set(opened[0]), {vector["day"]})
        same("entry", opened[1], row["entry"])
        if not audit.entry_is_known(row["entry"]):
            raise Wrong("entry of another form")
    head = as_written("audit-head", vector["head"], device)
    same("head's device", head.bytes_of("device"), device)
    same("head's sequence", head.fields["sequence"], len(vector["rows"]))
    same("head's chain", head.bytes_of("chain"), chain)


# Section 18


@lru_cache(maxsize=256)
def _log_files(size):
    return tlog.files_of([f"entry {index}".encode("ascii") for index in range(size)])


@lru_cache(maxsize=256)
def _log_leaves(size):
    return [clips.leaf_hash(f"entry {index}".encode("ascii")) for index in range(size)]


def log_keys(vector, _):
    exactly(vector, "name type seed publicKey keyId verifierKey signingKey")
    key = tlog.verifier_key(vector["verifierKey"])
    same("name", key.name, vector["name"])
    same("type", key.kind, vector["type"])
    same("key", key.public_key.hex(), vector["publicKey"])
    same("key id", key.id.hex(), vector["keyId"])
    same("text", key.text(), vector["verifierKey"])
    own, seed = tlog.signing_key(vector["signingKey"])
    same("seed", seed.hex(), vector["seed"])
    same("key of the seed", own.text(), vector["verifierKey"])


def _opened(vector, note, origin, quorum):
    witnesses = [tlog.verifier_key(text) for text in vector["witnesses"]]
    return tlog.Checkpoint(note, origin, tlog.verifier_key(vector["logKey"]), witnesses, quorum)


def checkpoints(vector, _):
    exactly(vector, "name origin logKey witnesses quorum note error checkpoint")

    def opened():
        return _opened(vector, vector["note"].encode("utf-8"), vector["origin"], vector["quorum"])

    if vector["error"] is not None:
        same("checkpoint", vector["checkpoint"], None)
        refusal(vector["error"], opened)
        return
    checkpoint = opened()
    same("checkpoint", {"size": checkpoint.size, "root": checkpoint.root.hex(), "times": checkpoint.times}, vector["checkpoint"])


def tiles(vector, _):
    exactly(vector, "size root count files")
    if vector["size"] < 0 or vector["size"] > 100_000:
        raise Wrong("size")
    files, root = _log_files(vector["size"])
    same("root", root.hex(), vector["root"])
    same("number of files", len(files), vector["count"])
    if vector["size"] < 1000:
        same("paths", sorted(one["path"] for one in vector["files"]), sorted(files))
    for one in vector["files"]:
        exactly(one, "path length sha256")
        data = files.get(one["path"])
        if data is None:
            raise Wrong(f"no file {one['path']}")
        same("length", len(data), one["length"])
        same("hash", primitives.sha256(data).hex(), one["sha256"])


def log_proofs(vector, _):
    exactly(vector, "name ok size root proof", "index entryHash oldSize oldRoot")
    leaves = _log_leaves(vector["size"])
    root = clips.tree_root(leaves)
    proof = [unhex(one) for one in vector["proof"]]
    same("root", root.hex(), vector["root"])
    if "index" in vector:
        exactly(vector, "name ok size root proof index entryHash")
        index = vector["index"]
        if not 0 <= index < len(leaves):
            raise Wrong("no such entry")
        same("entry", leaves[index].hex(), vector["entryHash"])
        same("proof as made", proof == clips.audit_path(leaves, index), vector["ok"])
        same("ok", clips.root_of_path(leaves[index], index, len(leaves), proof) == root, vector["ok"])
        return
    exactly(vector, "name ok size root proof oldSize oldRoot")
    old_size = vector["oldSize"]
    if not 0 <= old_size <= len(leaves):
        raise Wrong("no such older tree")
    old_root = clips.tree_root(leaves[:old_size])
    same("older root", old_root.hex(), vector["oldRoot"])
    same("proof as made", proof == tlog.consistency_proof(leaves, old_size), vector["ok"])
    same("ok", tlog.is_consistent(old_size, old_root, len(leaves), root, proof), vector["ok"])


def log_texts(vector, _):
    exactly(vector, "name text logKey witnesses", "oldSize oldRoot index entry extra")
    origin = tlog.verifier_key(vector["logKey"]).name
    if "oldSize" in vector:
        exactly(vector, "name text logKey witnesses oldSize oldRoot")
        old_size, proof, note = tlog.request(vector["text"])
        checkpoint = _opened(vector, note, origin, len(vector["witnesses"]))
        same("older size", old_size, vector["oldSize"])
        same("older root", clips.tree_root(_log_leaves(old_size)).hex(), vector["oldRoot"])
        same("ok", tlog.is_consistent(old_size, unhex(vector["oldRoot"]), checkpoint.size, checkpoint.root, proof), True)
        return
    exactly(vector, "name text logKey witnesses index entry extra")
    index, proof, extra, note = tlog.proof_file(vector["text"])
    checkpoint = _opened(vector, note, origin, len(vector["witnesses"]))
    same("index", index, vector["index"])
    same("extra", None if extra is None else extra.hex(), vector["extra"])
    leaf = clips.leaf_hash(unhex(vector["entry"]))
    same("ok", clips.root_of_path(leaf, index, checkpoint.size, proof) == checkpoint.root, True)


# negative.json


def _negative_statement(one):
    signers = [unhex(key) for key in one["signers"].split(" ")]
    dsse.open_statement(one["kind"], one["envelope"].encode("utf-8"), signers)


def _negative_fragment(one):
    leaf = clips.Leaf(unhex(one["leaf"]))
    clips.open_fragment(unhex(one["clip"]), leaf, unhex(one["key"]), unhex(one["ciphertext"]))


def _negative_hello(one):
    device_key = ed25519.public_key_of(unhex(one["deviceSeed"]))
    pairing.open_hello(unhex(one["pairingSecret"]), device_key, unhex(one["hello"]))


NEGATIVE = {
    "statement": ("kind envelope signers", _negative_statement),
    "leaf": ("bytes", lambda one: clips.Leaf(unhex(one["bytes"]))),
    "fragment": ("clip leaf key ciphertext", _negative_fragment),
    "wrap": ("bytes", lambda one: clips.Wrap(unhex(one["bytes"]))),
    "grant": ("grant boxSecret", lambda one: consents.Grant(unhex(one["grant"]), unhex(one["boxSecret"]))),
    "clip-file": ("file", lambda one: clip_file.read_clip_file(unhex(one["file"]))),
    "opening-meta": ("bytes", lambda one: clips.opening_meta(unhex(one["bytes"]))),
    "closing-meta": ("bytes", lambda one: clips.closing_meta(unhex(one["bytes"]))),
    "channel": (
        "key message accepted",
        lambda one: channel.receive(unhex(one["key"]), unhex(one["message"]), int(one["accepted"])),
    ),
    "pairing-code": ("code", lambda one: pairing.Code(one["code"])),
    "pairing-hello": ("deviceSeed pairingSecret hello", _negative_hello),
    "agreement": ("secret publicKey", lambda one: primitives.x25519(unhex(one["secret"]), unhex(one["publicKey"]))),
}


def negative(vector, _):
    exactly(vector, "name check input error")
    if vector["check"] not in NEGATIVE:
        raise Wrong("unknown check")
    members, reader = NEGATIVE[vector["check"]]
    exactly(vector["input"], members)
    refusal(vector["error"], lambda: reader(vector["input"]))


# Section 19


def register_leaves(vector, _):
    exactly(vector, "name kind at envelope leaf digest")
    envelope, data = vector["envelope"].encode("utf-8"), vector["leaf"].encode("utf-8")
    same("leaf", register.encode_leaf(vector["kind"], vector["at"], envelope), data)
    leaf = register.Leaf(data)
    same("kind", leaf.kind, vector["kind"])
    same("at", leaf.at, vector["at"])
    same("digest", leaf.statement.digest.hex(), vector["digest"])


def areas(vector, _):
    exactly(vector, "name latitude longitude radius otherLatitude otherLongitude otherRadius covers overlaps")
    area = {name: vector[name] for name in ("latitude", "longitude", "radius")}
    other = {name: vector["other" + name.capitalize()] for name in area}
    same("covers", register.covers(area, other), vector["covers"])
    same("overlaps", register.areas_overlap(area, other), vector["overlaps"])
    same("overlaps the other way", register.areas_overlap(other, area), vector["overlaps"])


def pressing_words(vector, _):
    exactly(vector, "text folded words found")
    same("folded", register.fold(vector["text"]), vector["folded"])
    same("found", register.has_word(vector["text"], vector["words"]), vector["found"])


def rule_book(vector, _):
    exactly(vector, "name register leaves")
    book = register.RuleBook(vector["register"])
    for one in vector["leaves"]:
        exactly(one, "leaf leafHash verdict")
        data = one["leaf"].encode("utf-8")
        same("leafHash", clips.leaf_hash(data).hex(), one["leafHash"])
        same("verdict", book.follow(data), one["verdict"])


FILES = {
    "register-leaves.json": register_leaves,
    "areas.json": areas,
    "pressing-words.json": pressing_words,
    "rule-book.json": rule_book,
    "hashes.json": hashes,
    "public-keys.json": public_keys,
    "signatures.json": signatures,
    "canonical-json.json": canonical,
    "statements.json": statements,
    "day-chain.json": day_chain,
    "wraps.json": wraps,
    "clip-keys.json": clip_keys,
    "fragments.json": fragments,
    "merkle.json": merkle,
    "log-keys.json": log_keys,
    "checkpoints.json": checkpoints,
    "tiles.json": tiles,
    "log-proofs.json": log_proofs,
    "log-texts.json": log_texts,
    "clip-file.json": whole_clip_file,
    "grants.json": grants,
    "sealed-messages.json": sealed_messages,
    "consents.json": whole_consent,
    "shares.json": shares,
    "delivery.json": deliveries,
    "channel.json": channels,
    "pairing.json": pairings,
    "web-tokens.json": web_tokens,
    "audit.json": audits,
    "negative.json": negative,
    "media.json": media,
}
