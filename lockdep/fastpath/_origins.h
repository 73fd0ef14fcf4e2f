/* Where held locks were taken, which a sighting copies.

   A with statement cannot outlive its frame, so for a lock that it took, the address of the frame and of the
   instruction are enough: the frame is looked for on the stack when somebody asks. A call of acquire() can outlive its
   frame, and so can a with statement in a generator: for those the code of the frame and of its caller are kept until
   the release. Frames themselves are only ever compared, never read through a stored address. */
#ifndef LOCKDEP_ORIGINS_H
#define LOCKDEP_ORIGINS_H
#include "lockdep/fastpath/_frames.h"
#include "lockdep/fastpath/_counts.h"
#include "lockdep/fastpath/_references.h"
#include "opcode.h"

typedef struct {
    void *frame, *place;        /* the frame, and its instruction */
    PyObject *code;             /* the code of the frame, if that may end before the release; else NULL */
    PyObject *caller;           /* the code that called it, or NULL, and the instruction there */
    void *from;
} ld_origin;

/* Return whether a frame is executing a with statement, which will end before the frame does. */
static inline int ld_in_with(void *frame, void *place) {
#ifdef LD_FRAMES
    if (((_PyInterpreterFrame *)frame)->owner != 0) return 0;      /* not on the thread's stack: a generator */
#if PY_VERSION_HEX >= 0x030E0000
    return ((unsigned char *)place)[-2] == LOAD_SPECIAL;           /* the method was looked up just before this call */
#else
    return ((unsigned char *)place)[0] == BEFORE_WITH;
#endif
#else
    (void)frame; (void)place;
    return 0;
#endif
}

/* Return the code that a frame runs. NULL for a frame that the interpreter is still making, and for one that it put in
   between, whose code object is a constant of its own that nobody may refer to (as after a call of a class, since 3.12). */
static inline PyObject *ld_code_of(void *frame) {
    PyObject *code = frame == NULL ? NULL : ld_frame_code(frame);
    if (code == NULL || !PyCode_Check(code)) return NULL;
#ifdef LD_FRAMES
    if (((_PyInterpreterFrame *)frame)->owner == 0) {
        ptrdiff_t at = ld_offset(ld_instruction(frame), code) / (ptrdiff_t)sizeof(_Py_CODEUNIT);
        if (at < ((PyCodeObject *)code)->_co_firsttraceable) return NULL;
    }
#endif
    return code;
}

/* Note a frame that may end before the release: keep its code, and that of its caller. */
static LD_COLD void ld_keep_origin(ld_origin *origin, void *frame) {
    void *before = frame == NULL ? NULL : ld_frame_before(frame);
    PyObject *code = ld_code_of(frame);
    PyObject *caller = code == NULL ? NULL : ld_code_of(before);
    if (code != NULL) ld_mark(code);
    if (caller != NULL) ld_mark(caller);
    LD_STORE(origin->frame, frame);
    LD_STORE(origin->place, code == NULL ? NULL : ld_instruction(frame));
    LD_STORE(origin->from, caller == NULL ? NULL : ld_instruction(before));
    LD_STORE(origin->code, Py_XNewRef(code));
    LD_STORE(origin->caller, Py_XNewRef(caller));
}

/* Note where the running code takes a lock, and return 1, if a with statement does; else 0. The slot holds nothing. */
static inline int ld_note_origin(ld_origin *origin, void *tstate) {
    void *frame = ld_frame_now(tstate);
    void *place = frame == NULL ? NULL : ld_instruction(frame);
    if (frame == NULL || !ld_in_with(frame, place)) return 0;
    LD_STORE(origin->frame, frame);           /* relaxed: others only compare these two, each by itself */
    LD_STORE(origin->place, place);
    return 1;
}

/* Note the frame of the program in which a primitive was taken. The slot holds nothing. */
static LD_COLD void ld_note_frame(ld_origin *origin, void *frame) {
    if (frame == NULL || !ld_in_with(frame, ld_instruction(frame))) { ld_keep_origin(origin, frame); return; }
    LD_STORE(origin->frame, frame);
    LD_STORE(origin->place, ld_instruction(frame));
}

/* Empty a slot. Freeing code can run the program's code, so the slot is empty before that. */
static LD_COLD void ld_drop_origin(ld_origin *origin) {
    PyObject *code = origin->code, *caller = origin->caller;
    LD_STORE(origin->code, NULL);
    LD_STORE(origin->caller, NULL);
    Py_XDECREF(code);
    Py_XDECREF(caller);
}
static inline void ld_leave_origin(ld_origin *origin) { if (origin->code != NULL) ld_drop_origin(origin); }

/* Return memory of `size` bytes with what the `had` bytes of `old` were, or NULL; `old` is of no use any more. Free-threaded
   it stays: another thread may be reading it, and as it grows by doubling, all of it is less than what is used. */
static inline void *ld_grown(void *old, size_t had, size_t size) {
#ifdef Py_GIL_DISABLED
    void *grown = PyMem_Malloc(size);
    if (grown != NULL && old != NULL) memcpy(grown, old, had);
    return grown;
#else
    (void)had;
    return PyMem_Realloc(old, size);
#endif
}
/* Grow the slots from `had` to `n`; n == 0 frees them, whatever they hold. */
static inline ld_origin *ld_origins(ld_origin *old, size_t had, size_t n) {
    ld_origin *grown;
    if (n == 0) {
        for (size_t i = 0; old != NULL && i < had; i++) ld_leave_origin(&old[i]);
        PyMem_Free(old);
        return NULL;
    }
    grown = (ld_origin *)ld_grown(old, had * sizeof *grown, n * sizeof *grown);
    if (grown == NULL) { PyErr_NoMemory(); return NULL; }
    memset(grown + had, 0, (n - had) * sizeof *grown);
    return grown;
}

/* Take the slot `at` out of the slots up to `depth`. */
static inline void ld_remove_held(long long *serials, ld_origin *origins, int at, int depth) {
    ld_origin gone = origins[at];
    memmove(serials + at, serials + at + 1, (depth - at) * sizeof *serials);
    memmove(origins + at, origins + at + 1, (depth - at) * sizeof *origins);
    memset(&origins[depth], 0, sizeof gone);
    ld_leave_origin(&gone);
}

/* Move the slots that hold a lock together; those up to `depth` whose serial is 0 are empty. */
static inline void ld_close_gaps(long long *serials, ld_origin *origins, int depth) {
    int kept = 0;
    for (int at = 1; at <= depth; at++) {
        if (serials[at] == 0 || ++kept == at) continue;
        serials[kept] = serials[at];
        origins[kept] = origins[at];
        serials[at] = 0;
        memset(&origins[at], 0, sizeof *origins);
    }
}

/* Return what is known of a place in a kept slot as a tuple ((code, offset), (caller's code, offset)), or None.

   Its thread may change the slot meanwhile. A place that belongs to another code has the offset -1. */
static inline PyObject *ld_kept_steps(ld_origin *origin) {
    PyObject *code = ld_new_ref_or_null(&origin->code), *caller = ld_new_ref_or_null(&origin->caller), *steps;
    void *place = LD_LOAD(origin->place), *from = LD_LOAD(origin->from);
    if (code == NULL) steps = Py_NewRef(Py_None);
    else if (caller == NULL) steps = Py_BuildValue("((Oi))", code, ld_offset(place, code));
    else steps = Py_BuildValue("((Oi)(Oi))", code, ld_offset(place, code), caller, ld_offset(from, caller));
    Py_XDECREF(code);
    Py_XDECREF(caller);
    return steps;
}
#endif
