/* A cache of the places where locks are created: a direct-mapped table of pointers into Site objects.

   Sites are never freed, and are complete before they are put into the table. */
#ifndef LOCKDEP_SITES_H
#define LOCKDEP_SITES_H
#include "lockdep/fastpath/_frames.h"

typedef struct ld_site {
    void *place;
    PyObject *kind;
    struct ld_site *inner;
    PyObject *entry;             /* NULL: the next outer frame decides */
} ld_site;

#define LD_SITES 4096
typedef struct { ld_site *slots[LD_SITES]; } ld_sites;

static inline ld_site **ld_slot(ld_sites *sites, void *place, PyObject *kind, ld_site *inner) {
    size_t h = ((size_t)place >> 1) + ((size_t)kind >> 4) + ((size_t)inner >> 3) * 31;
    return &sites->slots[(h ^ (h >> 12)) & (LD_SITES - 1)];
}
static inline void ld_remember(ld_sites *sites, ld_site *site) {
    __atomic_store_n(ld_slot(sites, site->place, site->kind, site->inner), site, __ATOMIC_RELEASE);
}
/* Return the entry for a lock of this kind that is created by the code running now (borrowed), or NULL if one of the
   places on the way out is not in the cache. */
static inline PyObject *ld_known_entry(ld_sites *sites, void *tstate, PyObject *kind) {
    ld_site *inner = NULL;
    for (void *frame = ld_frame_now(tstate); frame != NULL; frame = ld_frame_before(frame)) {
        void *place = ld_instruction(frame);
        ld_site *known = __atomic_load_n(ld_slot(sites, place, kind, inner), __ATOMIC_ACQUIRE);
        if (known == NULL || known->place != place || known->kind != kind || known->inner != inner) return NULL;
        if (known->entry != NULL) return known->entry;
        inner = known;
    }
    return NULL;
}
#endif
