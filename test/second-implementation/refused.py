"""What a reader throws when it refuses its input: a code of section 16, or a verdict of section 11."""


class Refused(Exception):
    def __init__(self, code, why=""):
        super().__init__(f"{code}: {why}" if why else code)
        self.code = code
        self.why = why
