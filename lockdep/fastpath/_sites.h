/* A cache of the places where locks are created: a direct-mapped table of pointers into Spot objects.

   The place of a spot is the address of an instruction of a living code object: a spot ends before its code object is
   freed. Spots are never freed, only used again at another place of the same text, so what a thread without the GIL reads
   in one that just ends still belongs to its text. */
#ifndef LOCKDEP_SITES_H
#define LOCKDEP_SITES_H
#include "lockdep/fastpath/_frames.h"

typedef struct ld_spot {
    void *place;                 /* NULL: not in use */
    PyObject *kind;
    PyObject *site;
    PyObject *inner;             /* the site of the next inner frame, or None */
    PyObject *entry;             /* NULL: the next outer frame decides */
    int asks;                    /* other types inherit the method that stands here: its first argument tells them apart */
} ld_spot;

#define LD_SPOTS 4096
typedef struct { ld_spot *slots[LD_SPOTS]; } ld_spots;

static inline ld_spot **ld_slot(ld_spots *spots, void *place, PyObject *kind, PyObject *inner) {
    size_t h = ((size_t)place >> 1) + ((size_t)kind >> 4) + ((size_t)inner >> 3) * 31;
    return &spots->slots[(h ^ (h >> 12)) & (LD_SPOTS - 1)];
}
static inline void ld_begin(ld_spot *spot, void *place, PyObject *kind, PyObject *site, PyObject *inner, PyObject *entry, int asks) {
    LD_STORE(spot->kind, kind);
    LD_STORE(spot->site, site);
    LD_STORE(spot->inner, inner);
    LD_STORE(spot->entry, entry);
    LD_STORE(spot->asks, asks);
    __atomic_store_n(&spot->place, place, __ATOMIC_RELEASE);
}
static inline void ld_end(ld_spot *spot) { __atomic_store_n(&spot->place, NULL, __ATOMIC_RELEASE); }
static inline void ld_remember(ld_spots *spots, ld_spot *spot) {
    __atomic_store_n(ld_slot(spots, spot->place, spot->kind, spot->inner), spot, __ATOMIC_RELEASE);
}
/* Return the entry for a lock of this kind that is created by the code running now (borrowed), or NULL if one of the
   places on the way out is not in the cache. `asked` becomes the outermost frame on that way whose spot asks, or NULL. */
static inline PyObject *ld_known_entry(ld_spots *spots, void *tstate, PyObject *kind, void **asked) {
    PyObject *inner = Py_None;
    *asked = NULL;
    for (void *frame = ld_frame_now(tstate); frame != NULL; frame = ld_frame_before(frame)) {
        void *place = ld_instruction(frame);
        ld_spot *known = __atomic_load_n(ld_slot(spots, place, kind, inner), __ATOMIC_ACQUIRE);
        if (known == NULL || __atomic_load_n(&known->place, __ATOMIC_ACQUIRE) != place) return NULL;
        PyObject *entry = LD_LOAD(known->entry);
        if (LD_LOAD(known->kind) != kind || LD_LOAD(known->inner) != inner) return NULL;
        if (LD_LOAD(known->asks)) *asked = frame;
        if (entry != NULL) return entry;
        inner = LD_LOAD(known->site);
    }
    return NULL;
}
#endif
