from lockdep.fastpath._chain import Entry
from lockdep.places import Place

COMPILED: bool

class Site:
    place: Place
    inner: Site | None
    entry: Entry | None
