from lockdep.fastpath._chain import Entry
from lockdep.fastpath.places import Place

COMPILED: bool

class Site:
    place: Place
    inner: Site | None
    entry: Entry | None
