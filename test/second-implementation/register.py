"""Section 19: leaves of a register, areas, pressing words, and the rules that they are judged by."""

import re
import unicodedata

import canonical_json
import dsse
import kinds
from refused import Refused

COSINES = [
    100000, 99985, 99939, 99863, 99756, 99619, 99452, 99255, 99027, 98769, 98481, 98163, 97815,
    97437, 97030, 96593, 96126, 95630, 95106, 94552, 93969, 93358, 92718, 92050, 91355, 90631,
    89879, 89101, 88295, 87462, 86603, 85717, 84805, 83867, 82904, 81915, 80902, 79864, 78801,
    77715, 76604, 75471, 74314, 73135, 71934, 70711, 69466, 68200, 66913, 65606, 64279, 62932,
    61566, 60182, 58779, 57358, 55919, 54464, 52992, 51504, 50000, 48481, 46947, 45399, 43837,
    42262, 40674, 39073, 37461, 35837, 34202, 32557, 30902, 29237, 27564, 25882, 24192, 22495,
    20791, 19081, 17365, 15643, 13917, 12187, 10453, 8716, 6976, 5234, 3490, 1745, 0,
    0,
]

ENTRY_KINDS = ("register", "rules", "accreditation", "accreditation-revocation", "request", "outcome")
LARGEST_LEAF = 16_448
DAY = 86_400


class Leaf:
    """Its form is right; nobody has looked at its signature."""

    def __init__(self, data):
        if len(data) > LARGEST_LEAF:
            raise Refused("register-leaf/shape", "too long")
        value = canonical_json.decode(data, "register-leaf/shape")
        if not isinstance(value, dict) or len(value) != 2 or not kinds.number(value.get("at")):
            raise Refused("register-leaf/shape")
        (kind,) = [name for name in value if name != "at"]
        if kind not in ENTRY_KINDS:
            raise Refused("register-leaf/shape", kind)
        self.at = value["at"]
        self.kind = kind
        if not isinstance(value[kind], dict):
            raise Refused("statement/shape")
        self.statement = dsse.Statement(kind, canonical_json.encode(value[kind]))


def encode_leaf(kind, at, envelope):
    return canonical_json.encode({"at": at, kind: canonical_json.decode(envelope)})


# Areas


def _squared_distance(one, other):
    north = abs(one["latitude"] - other["latitude"]) * 1112
    apart = abs(one["longitude"] - other["longitude"])
    turn = min(apart, 36_000_000 - apart)
    degree, rest = divmod((abs(one["latitude"]) + abs(other["latitude"])) // 2, 100_000)
    cosine = (COSINES[degree] * (100_000 - rest) + COSINES[degree + 1] * rest) // 100_000
    east = turn * 1112 * cosine // 100_000
    return north * north + east * east


def covers(area, place):
    return _squared_distance(area, place) <= (area["radius"] * 1000) ** 2


def areas_overlap(one, other):
    return _squared_distance(one, other) < ((one["radius"] + other["radius"]) * 1000) ** 2


def windows_overlap(one, other):
    return one["start"] < other["end"] and other["start"] < one["end"]


# Pressing words

LOOKALIKES = {
    "a": (0x0034, 0x0040, 0x0251, 0x1D00, 0x0430, 0x03B1),
    "ae": (0x00E6,),
    "b": (0x0038, 0x0299, 0x0432, 0x03B2),
    "c": (0x1D04, 0x0441),
    "d": (0x0111, 0x1D05, 0x0501),
    "e": (0x0033, 0x1D07, 0x0435, 0x0437, 0x03B5),
    "f": (0xA730,),
    "g": (0x0261, 0x0262, 0x0581),
    "h": (0x0127, 0x029C, 0x043D, 0x04BB, 0x0570),
    "i": (0x006C, 0x0131, 0x0142, 0x0031, 0x0269, 0x026A, 0x029F, 0x0456, 0x04CF, 0x03B9),
    "j": (0x1D0A, 0x0458, 0x0575),
    "k": (0x1D0B, 0x043A, 0x03BA),
    "m": (0x1D0D, 0x043C, 0x03BC),
    "n": (0x0274, 0x0578, 0x03B7),
    "o": (0x00F8, 0x0030, 0x1D0F, 0x043E, 0x0585, 0x03BF),
    "oe": (0x0153,),
    "p": (0x1D18, 0x0440, 0x03C1),
    "q": (0x051B,),
    "r": (0x0280, 0x0433),
    "s": (0x0035, 0x0024, 0xA731, 0x0455, 0x03C3, 0x03C2),
    "ss": (0x00DF,),
    "t": (0x0037, 0x1D1B, 0x0442, 0x03C4),
    "u": (0x1D1C, 0x057D, 0x03C5),
    "v": (0x028B, 0x1D20, 0x0475, 0x03BD),
    "w": (0x1D21, 0x0461, 0x051D, 0x03C9),
    "x": (0x0445, 0x03C7),
    "y": (0x028F, 0x0443, 0x04AF),
    "z": (0x1D22,),
}
BOXED_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)

_LOOKALIKE = {chr(code): letter for letter, codes in LOOKALIKES.items() for code in codes}
for _first in BOXED_ALPHABETS:
    for _place in range(26):
        _letter = chr(ord("a") + _place)
        _LOOKALIKE[chr(_first + _place)] = _LOOKALIKE.get(_letter, _letter)


def fold(text):
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
    text = "".join(one for one in text if unicodedata.category(one)[0] != "M" and unicodedata.category(one) != "Cf")
    text = "".join(_LOOKALIKE.get(one, one) for one in text)
    letters = [one if unicodedata.category(one)[0] in "LN" else " " for one in f" {text} "]
    return re.sub(" +", " ", "".join(letters))


def has_word(text, words):
    parts = fold(text).split()
    letters = "".join(parts)
    begins = [sum(map(len, parts[:i])) for i in range(len(parts))]
    ends = {begin + len(part) for begin, part in zip(begins, parts)}
    for word in words:
        sought = fold(word.removesuffix("*")).replace(" ", "")
        if len(sought) < 2:
            continue
        for begin in begins:
            if letters.startswith(sought, begin) and (word.endswith("*") or begin + len(sought) in ends):
                return True
    return False


# Rules


class RuleBook:
    def __init__(self, register):
        self.register = register
        self.operator = None
        self.rules = None
        self.last_at = 0
        self.requesters = {}
        self.requests = []

    def follow(self, data):
        """The verdict on the next leaf of a log, all signatures being looked at."""
        try:
            leaf = Leaf(data)
            self._judge(leaf)
        except Refused as refused:
            return refused.code
        try:
            self._check_signatures(leaf)
        except Refused as refused:
            if leaf.kind not in ("register", "rules"):
                self._apply(leaf)
            return refused.code
        self._apply(leaf)
        return "accepted"

    def _judge(self, leaf):
        fields = leaf.statement.fields
        if leaf.at < self.last_at:
            raise Refused("register-leaf/back-dated")
        if fields["register"] != self.register:
            raise Refused("request/other-register")
        if self.operator is None and leaf.kind != "register":
            raise Refused("register-leaf/first")
        if leaf.kind == "accreditation-revocation" and fields["requester"] not in self.requesters:
            raise Refused("register-leaf/unknown-requester")
        if leaf.kind == "request":
            self._judge_request(fields, leaf.statement.digest, leaf.at)
        if leaf.kind == "outcome":
            self._judge_outcome(leaf.statement, leaf.at)

    def _judge_request(self, asked, digest, at):
        if self.rules is None:
            raise Refused("request/no-rules")
        requester = self.requesters.get(asked["requester"])
        if requester is None:
            raise Refused("request/unaccredited")
        if requester["revoked"]:
            raise Refused("request/revoked")
        if requester["agency"] != asked["agency"]:
            raise Refused("request/agency")
        limits, window = self.rules["limits"], asked["window"]
        if not limits["radiusMin"] <= asked["area"]["radius"] <= limits["radiusMax"]:
            raise Refused("request/radius")
        if window["start"] % 900 or window["end"] % 900:
            raise Refused("request/window-quarter")
        if not limits["windowMin"] <= window["end"] - window["start"] <= limits["windowMax"]:
            raise Refused("request/window-length")
        if window["end"] > at:
            raise Refused("request/window-future")
        if asked["expires"] <= at:
            raise Refused("request/expired")
        if asked["expires"] - at > limits["expiryMax"]:
            raise Refused("request/expiry")
        if not kinds.is_plain(asked["text"]):
            raise Refused("request/text-form")
        if not 1 <= len(asked["text"]) <= limits["textMax"]:
            raise Refused("request/text-length")
        for said in ("text", "officer", "caseNumber"):
            self._press(asked[said])
        self._judge_history(asked, digest, at)

    def _press(self, said):
        if has_word(said, self.rules["words"]):
            raise Refused("request/pressing-words")

    def _judge_history(self, asked, digest, at):
        if any(one["digest"] == digest for one in self._open(at)):
            raise Refused("request/replayed")
        if asked["extends"] is not None and not any(_extends(asked, one) for one in self._open(at)):
            raise Refused("request/extends")
        today = [one for one in self.requests if one["at"] // DAY == at // DAY]
        if sum(one["requester"] == asked["requester"] for one in today) >= self.rules["limits"]["requestsPerDay"]:
            raise Refused("request/daily-limit")
        recent = [one for one in self.requests if at - one["at"] < DAY]
        if asked["extends"] is None and any(_overlap(asked, one) for one in recent):
            raise Refused("request/overlap")

    def _open(self, at):
        return [one for one in self.requests if one["expires"] > at]

    def _judge_outcome(self, statement, at):
        said = statement.fields
        asked = statement.bytes_of("request")
        found = [
            one for one in self.requests if one["digest"] == asked and one["requester"] == said["requester"]
        ]
        if not found:
            raise Refused("request/no-such-request")
        outcomes = found[-1]["outcomes"]
        if "deleted-on" in outcomes or len(outcomes) >= 4:
            raise Refused("request/outcome-closed")
        today = at // DAY
        if said["day"] > today if said["outcome"] == "deleted-on" else said["day"] < today:
            raise Refused("request/outcome-day")

    def _check_signatures(self, leaf):
        statement, fields = leaf.statement, leaf.statement.fields
        if leaf.kind in ("request", "outcome"):
            if leaf.kind == "request" and not self.requesters[fields["requester"]]["good"]:
                raise Refused("request/unaccredited")
            if not statement.signed_by(statement.bytes_of("requester")):
                raise Refused("request/signature")
            if leaf.kind == "request":
                self._press(_check_card(fields["card"]).fields["name"])
            return
        operator = self.operator or statement.bytes_of("operator")
        if not statement.signed_by(operator):
            raise Refused("register-leaf/operator")

    def _apply(self, leaf):
        fields = leaf.statement.fields
        self.last_at = leaf.at
        if leaf.kind == "register":
            self.operator = leaf.statement.bytes_of("operator")
        elif leaf.kind == "rules":
            self.rules = fields
        elif leaf.kind == "accreditation":
            good = leaf.statement.signed_by(self.operator)
            self.requesters[fields["requester"]] = {"agency": fields["agency"], "revoked": False, "good": good}
        elif leaf.kind == "accreditation-revocation":
            self.requesters[fields["requester"]]["revoked"] = True
        elif leaf.kind == "request":
            self.requests.append({**fields, "digest": leaf.statement.digest, "at": leaf.at, "outcomes": []})
        else:
            asked = leaf.statement.bytes_of("request")
            for one in self.requests:
                if one["digest"] == asked:
                    one["outcomes"].append(fields["outcome"])


def _extends(asked, earlier):
    same = ("requester", "agency", "caseNumber", "area", "window")
    return (
        canonical_json.base64url_decode(asked["extends"]) == earlier["digest"]
        and all(asked[name] == earlier[name] for name in same)
        and asked["expires"] > earlier["expires"]
    )


def _overlap(one, other):
    return areas_overlap(one["area"], other["area"]) and windows_overlap(one["window"], other["window"])


def _check_card(card):
    try:
        return dsse.open_self_signed("recipient-card", canonical_json.encode(card), "signKey")
    except Refused:
        raise Refused("request/card") from None
