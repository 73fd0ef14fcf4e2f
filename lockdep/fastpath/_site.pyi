from types import CodeType

from lockdep.fastpath._chain import Entry

COMPILED: bool

class Site:
    code: CodeType
    lasti: int
    kind: type
    inner: Site | None
    entry: Entry | None
