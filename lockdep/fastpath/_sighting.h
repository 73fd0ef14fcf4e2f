/* A copy of a stack, and of where the locks held on it were taken. Making one runs no Python code, and allocates
   nothing that the collector counts. */
#ifndef LOCKDEP_SIGHTING_H
#define LOCKDEP_SIGHTING_H
#include "lockdep/fastpath/_origins.h"

#define LD_WALK 256             /* frames that are looked at */
typedef struct { PyObject *code; int offset; } ld_step;
typedef struct {
    long long serial;
    ld_step own, caller;        /* where it was taken, if that is known, and from where that was called */
    int above;                  /* the index on the stack of the first frame that called it; -1 if `caller` is all */
} ld_held;
typedef struct {
    int steps, held;
    ld_step *stack;             /* innermost first */
    ld_held locks[];            /* outermost first */
} ld_copy;

static inline ld_step ld_step_at(PyObject *code, void *place) {
    ld_step step = {Py_XNewRef(code), code == NULL ? 0 : ld_offset(place, code)};
    return step;
}

/* Copy where one held lock was taken. `frames` is the stack, of which `kept` steps are copied. */
static inline void ld_copy_held(ld_held *held, ld_origin *origin, void **frames, int walked, int kept) {
    held->above = -1;
    held->own.code = held->caller.code = NULL;
    if (origin->code != NULL) {
        held->own = ld_step_at(origin->code, origin->place);
        held->caller = ld_step_at(origin->caller, origin->from);
        return;
    }
    if (origin->place == NULL) return;
    for (int i = 0; i < walked; i++) {
        PyObject *code = frames[i] == origin->frame ? ld_code_of(frames[i]) : NULL;
        if (code != NULL && ld_offset(origin->place, code) >= 0) {
            held->own = ld_step_at(code, origin->place);
            held->above = i + 1 < kept ? i + 1 : -1;
            return;
        }
    }
}

/* Return how many of these held locks are not known by where they were taken, but by the frame that took them. */
static inline int ld_by_frame(ld_origin *origins, int from, int held) {
    int found = 0;
    for (int i = from; i < from + held; i++) found += origins[i].code == NULL && origins[i].place != NULL;
    return found;
}

/* Copy up to `limit` steps of the running thread's stack, and the held locks from depth `from` to `depth`. NULL and
   MemoryError if there is no memory. */
static LD_COLD ld_copy *ld_make_copy(void *tstate, int limit, long long *serials, ld_origin *origins, int from, int depth) {
    void *frames[LD_WALK];
    int walked = 0, held = depth < from ? 0 : depth - from + 1, kept;
    int most = limit > LD_WALK || ld_by_frame(origins, from, held) ? LD_WALK : limit;
    ld_copy *made;
    for (void *frame = ld_frame_now(tstate); frame != NULL && walked < most; frame = ld_frame_before(frame)) frames[walked++] = frame;
    kept = walked < limit ? walked : limit;
    made = (ld_copy *)PyMem_Malloc(sizeof *made + held * sizeof(ld_held) + kept * sizeof(ld_step));
    if (made == NULL) { PyErr_NoMemory(); return NULL; }
    made->steps = kept;
    made->held = held;
    made->stack = (ld_step *)(made->locks + held);
    for (int i = 0; i < kept; i++) {
        PyObject *code = ld_code_of(frames[i]);
        made->stack[i] = ld_step_at(code, code == NULL ? NULL : ld_instruction(frames[i]));
    }
    for (int i = 0; i < held; i++) {
        made->locks[i].serial = serials[from + i] < 0 ? -serials[from + i] : serials[from + i];
        ld_copy_held(&made->locks[i], &origins[from + i], frames, walked, kept);
    }
    return made;
}

static inline void ld_free_copy(ld_copy *copy) {
    if (copy == NULL) return;
    for (int i = 0; i < copy->steps; i++) Py_XDECREF(copy->stack[i].code);
    for (int i = 0; i < copy->held; i++) {
        Py_XDECREF(copy->locks[i].own.code);
        Py_XDECREF(copy->locks[i].caller.code);
    }
    PyMem_Free(copy);
}

/* Append a step to a list; a step without code is left out. */
static inline int ld_append_step(PyObject *list, ld_step *step) {
    PyObject *pair;
    int failed;
    if (step->code == NULL) return 0;
    pair = Py_BuildValue("(Oi)", step->code, step->offset);
    if (pair == NULL) return -1;
    failed = PyList_Append(list, pair);
    Py_DECREF(pair);
    return failed;
}
/* Return the steps from index `from` on as a list. */
static inline PyObject *ld_steps_from(ld_copy *copy, int from, PyObject *list) {
    for (int i = from; i >= 0 && i < copy->steps; i++) if (ld_append_step(list, &copy->stack[i]) < 0) return NULL;
    return Py_NewRef(list);
}
static inline PyObject *ld_stack_of(ld_copy *copy) {
    PyObject *list = PyList_New(0), *all = list == NULL ? NULL : ld_steps_from(copy, 0, list);
    Py_XDECREF(list);
    return all;
}
/* Return the steps at which a held lock was taken, innermost first; none if that is not known. */
static inline PyObject *ld_held_steps(ld_copy *copy, int at) {
    PyObject *list = PyList_New(0), *all = NULL;
    ld_held *held = &copy->locks[at];
    if (list != NULL && ld_append_step(list, &held->own) == 0 && ld_append_step(list, &held->caller) == 0)
        all = ld_steps_from(copy, held->above, list);
    Py_XDECREF(list);
    return all;
}
static inline long long ld_held_serial(ld_copy *copy, int at) { return copy->locks[at].serial; }
static inline int ld_held_count(ld_copy *copy) { return copy->held; }

/* Return the steps at which a thread took a lock that it holds, innermost first; none if that is not known. They are kept,
   or else the frame is looked for on the stack of the thread, which stands still while this one has the GIL. Nothing is
   allocated before the frames have been read: a collection would let other threads run. */
#define LD_CALLERS 4
static inline PyObject *ld_taken_at(ld_origin *origin, void *tstate) {
    ld_step steps[LD_CALLERS];
    int known = 0;
    void *frame = tstate == NULL || LD_FREE_THREADED ? NULL : ld_frame_now(tstate), *place = origin->place;
    PyObject *list;
    if (origin->code != NULL) {
        steps[known++] = ld_step_at(origin->code, place);
        steps[known++] = ld_step_at(origin->caller, origin->from);
        frame = NULL;
    }
    while (frame != NULL && frame != origin->frame) frame = ld_frame_before(frame);
    if (frame != NULL && (ld_code_of(frame) == NULL || ld_offset(place, ld_code_of(frame)) < 0)) frame = NULL;
    for (; frame != NULL && known < LD_CALLERS; frame = ld_frame_before(frame)) {
        PyObject *code = ld_code_of(frame);
        steps[known++] = ld_step_at(code, frame == origin->frame ? place : code == NULL ? NULL : ld_instruction(frame));
    }
    list = PyList_New(0);
    for (int i = 0; i < known; i++) {
        if (list != NULL && ld_append_step(list, &steps[i]) < 0) Py_CLEAR(list);
        Py_XDECREF(steps[i].code);
    }
    return list;
}
#endif
