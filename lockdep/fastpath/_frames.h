/* Where the running Python code stands, read from CPython's own frames without creating frame objects.

   A place is the bare address of an instruction. It is only ever compared with the instructions of code objects that
   are known to be alive. Where CPython's internal headers are missing, places are NULL and reports say less. */
#ifndef LOCKDEP_FRAMES_H
#define LOCKDEP_FRAMES_H

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
#else
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
    return owners->rows[at].code == code ? owners->rows[at].whose : 0;
}
static inline void ld_remember_whose(ld_owners *owners, void *frame, int whose) {
    PyObject *code = ld_frame_code(frame);
    size_t at = ((size_t)code >> 4) & (LD_OWNERS - 1);
    owners->rows[at].whose = whose;
    owners->rows[at].code = code;
}

static inline PyObject *ld_filename(void *frame) {
    PyObject *code = ld_frame_code(frame);
    return Py_NewRef(code != NULL && PyCode_Check(code) ? ((PyCodeObject *)code)->co_filename : Py_None);
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
