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
} ld_spot;

#define LD_SPOTS 4096
typedef struct { ld_spot *slots[LD_SPOTS]; } ld_spots;

static inline ld_spot **ld_slot(ld_spots *spots, void *place, PyObject *kind, PyObject *inner) {
    size_t h = ((size_t)place >> 1) + ((size_t)kind >> 4) + ((size_t)inner >> 3) * 31;
    return &spots->slots[(h ^ (h >> 12)) & (LD_SPOTS - 1)];
}
static inline void ld_begin(ld_spot *spot, void *place, PyObject *kind, PyObject *site, PyObject *inner, PyObject *entry) {
    spot->kind = kind;
    spot->site = site;
    spot->inner = inner;
    spot->entry = entry;
    __atomic_store_n(&spot->place, place, __ATOMIC_RELEASE);
}
static inline void ld_end(ld_spot *spot) { __atomic_store_n(&spot->place, NULL, __ATOMIC_RELEASE); }
static inline void ld_remember(ld_spots *spots, ld_spot *spot) {
    __atomic_store_n(ld_slot(spots, spot->place, spot->kind, spot->inner), spot, __ATOMIC_RELEASE);
}
/* Return the entry for a lock of this kind that is created by the code running now (borrowed), or NULL if one of the
   places on the way out is not in the cache. */
static inline PyObject *ld_known_entry(ld_spots *spots, void *tstate, PyObject *kind) {
    PyObject *inner = Py_None;
    for (void *frame = ld_frame_now(tstate); frame != NULL; frame = ld_frame_before(frame)) {
        void *place = ld_instruction(frame);
        ld_spot *known = __atomic_load_n(ld_slot(spots, place, kind, inner), __ATOMIC_ACQUIRE);
        if (known == NULL || __atomic_load_n(&known->place, __ATOMIC_ACQUIRE) != place) return NULL;
        if (known->kind != kind || known->inner != inner) return NULL;
        if (known->entry != NULL) return known->entry;
        inner = known->site;
    }
    return NULL;
}
#endif
