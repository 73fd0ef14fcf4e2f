COMPILED: bool

class ForkMask:
    numbers: int

    def hold(self) -> None: ...
    def let(self) -> None: ...
