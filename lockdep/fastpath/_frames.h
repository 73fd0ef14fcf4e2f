/* Where the running Python code stands, read from CPython's own frames without creating frame objects.

   A place is the bare address of an instruction. It is only ever compared with the instructions of code objects that
   are known to be alive. Where CPython's internal headers are missing, places are NULL and reports say less. */
#ifndef LOCKDEP_FRAMES_H
#define LOCKDEP_FRAMES_H

#include "lockdep/fastpath/_atomics.h"

#ifdef __has_include
#if PY_VERSION_HEX >= 0x030E0000 && __has_include("internal/pycore_interpframe_structs.h")
#define LD_FRAMES "internal/pycore_interpframe_structs.h"
#elif PY_VERSION_HEX < 0x030E0000 && __has_include("internal/pycore_frame.h")
#define LD_FRAMES "internal/pycore_frame.h"
#endif
#endif
#ifdef LD_FRAMES
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include LD_FRAMES

static inline void *ld_frame_now(void *tstate) {
#if PY_VERSION_HEX >= 0x030D0000
    return ((PyThreadState *)tstate)->current_frame;
#else
    return ((PyThreadState *)tstate)->cframe->current_frame;
#endif
}
static inline void *ld_frame_before(void *frame) {
    _PyInterpreterFrame *before = ((_PyInterpreterFrame *)frame)->previous;
    while (before != NULL && before->owner >= 3) before = before->previous;      /* entries from C, since 3.12 */
    return before;
}
static inline void *ld_instruction(void *frame) {
#if PY_VERSION_HEX >= 0x030D0000
    return (void *)((_PyInterpreterFrame *)frame)->instr_ptr;
#else
    return (void *)((_PyInterpreterFrame *)frame)->prev_instr;
#endif
}
static inline PyObject *ld_frame_code(void *frame) {
#if PY_VERSION_HEX >= 0x030E0000
    return (PyObject *)(((_PyInterpreterFrame *)frame)->f_executable.bits & ~(uintptr_t)3);
#elif PY_VERSION_HEX >= 0x030D0000
    return ((_PyInterpreterFrame *)frame)->f_executable;
#else
    return (PyObject *)((_PyInterpreterFrame *)frame)->f_code;
#endif
}
/* Return the first argument of the function that a frame of the running thread runs, None if it is unbound. */
static LD_COLD PyObject *ld_first_argument(void *frame) {
#if PY_VERSION_HEX >= 0x030E0000
    PyObject *first = (PyObject *)(((_PyInterpreterFrame *)frame)->localsplus[0].bits & ~(uintptr_t)3);
#else
    PyObject *first = ((_PyInterpreterFrame *)frame)->localsplus[0];
#endif
    if (first != NULL && PyCell_Check(first)) first = PyCell_Get(first);
    else Py_XINCREF(first);
    return first == NULL ? Py_NewRef(Py_None) : first;
}
#else
#define ld_first_argument(frame) Py_NewRef(Py_None)
#define ld_frame_now(tstate) NULL
#define ld_frame_before(frame) NULL
#define ld_instruction(frame) NULL
#define ld_frame_code(frame) NULL
#endif

/* A cache of whose code a code object is: 1 the program's, 2 ours, 0 not known yet. A stale answer, for a code object
   that was freed, costs a report one place. */
#define LD_OWNERS 1024
typedef struct { struct { PyObject *code; int whose; } rows[LD_OWNERS]; } ld_owners;
static inline int ld_whose(ld_owners *owners, void *frame) {
    PyObject *code = ld_frame_code(frame);
    size_t at = ((size_t)code >> 4) & (LD_OWNERS - 1);
    return LD_LOAD(owners->rows[at].code) == code ? LD_LOAD(owners->rows[at].whose) : 0;
}
static inline void ld_remember_whose(ld_owners *owners, void *frame, int whose) {
    PyObject *code = ld_frame_code(frame);
    size_t at = ((size_t)code >> 4) & (LD_OWNERS - 1);
    LD_STORE(owners->rows[at].whose, whose);
    LD_STORE(owners->rows[at].code, code);
}

/* Return whether a frame runs code of a file whose name begins with one of the strings in the tuple `ours`. */
static inline int ld_is_ours(ld_owners *owners, void *frame, PyObject *ours) {
    int whose = ld_whose(owners, frame);
    if (whose == 0) {
        PyObject *code = ld_frame_code(frame);
        whose = 1;
        for (Py_ssize_t i = 0; code != NULL && PyCode_Check(code) && i < PyTuple_GET_SIZE(ours); i++)
            if (PyUnicode_Tailmatch(((PyCodeObject *)code)->co_filename, PyTuple_GET_ITEM(ours, i), 0, PY_SSIZE_T_MAX, -1) == 1)
                whose = 2;
        ld_remember_whose(owners, frame, whose);
    }
    return whose == 2;
}
/* Return the innermost frame of the running thread that runs no code of ours. It allocates nothing and cannot fail. */
static inline void *ld_outer_frame(ld_owners *owners, void *tstate, PyObject *ours) {
    void *frame = ld_frame_now(tstate);
    while (frame != NULL && ld_is_ours(owners, frame, ours)) frame = ld_frame_before(frame);
    return frame;
}
static inline void *ld_address(PyObject *code, int lasti) { return ((PyCodeObject *)code)->co_code_adaptive + lasti; }
/* Return the offset of a place in a code object in bytes, -1 if it is not in there. */
static inline int ld_offset(void *place, PyObject *code) {
    char *start = ((PyCodeObject *)code)->co_code_adaptive, *at = (char *)place;
    return at >= start && at < start + Py_SIZE(code) * sizeof(_Py_CODEUNIT) ? (int)(at - start) : -1;
}
static inline PyObject *ld_code(PyObject *frame) { return (PyObject *)PyFrame_GetCode((PyFrameObject *)frame); }
static inline int ld_lasti(PyObject *frame) { return PyFrame_GetLasti((PyFrameObject *)frame); }
static inline PyObject *ld_frame(void) {
    PyObject *frame = (PyObject *)PyEval_GetFrame();
    return Py_NewRef(frame == NULL ? Py_None : frame);
}
#endif
