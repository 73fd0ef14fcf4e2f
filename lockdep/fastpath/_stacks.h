/* The frames of all threads, read while no thread runs.

   Without the GIL, the frames of a thread that runs must not be touched: what a frame object shows is gone as soon as its
   function returns. The public way to stop all threads is to look at the collector's objects: the first one is enough to
   look at the frames instead, as sys._current_frames does, and the look ends there. */
#ifndef LOCKDEP_STACKS_H
#define LOCKDEP_STACKS_H

#ifdef Py_GIL_DISABLED
#define LD_STOPS_THREADS 1
#define LD_MOST_STEPS 1000                       /* of a stack; what is further out is left out */

static PyObject *ld_step(PyFrameObject *frame) {
    return Py_BuildValue("(Ni)", (PyObject *)PyFrame_GetCode(frame), PyFrame_GetLasti(frame));
}
/* Return a list of (code, lasti), innermost first. Takes the reference to the frame. */
static PyObject *ld_steps(PyFrameObject *frame) {
    PyObject *steps = PyList_New(0);
    while (frame != NULL) {
        PyObject *step = steps != NULL && PyList_GET_SIZE(steps) < LD_MOST_STEPS ? ld_step(frame) : NULL;
        if (step != NULL && PyList_Append(steps, step) < 0) Py_CLEAR(steps);
        Py_XDECREF(step);
        PyFrameObject *outer = step == NULL ? NULL : PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = outer;
    }
    return steps;
}
/* Enter a thread's stack into a dictionary. Returns -1 with an exception set if there is no memory. */
static int ld_enter_stack(PyObject *stacks, PyThreadState *thread) {
    PyFrameObject *frame = PyThreadState_GetFrame(thread);
    if (frame == NULL) return 0;
    PyObject *ident = PyLong_FromUnsignedLong(thread->thread_id), *steps = ld_steps(frame);
    int done = ident == NULL || steps == NULL || PyErr_Occurred() ? -1 : PyDict_SetItem(stacks, ident, steps);
    Py_XDECREF(ident);
    Py_XDECREF(steps);
    return done;
}
static int ld_look_once(PyObject *object, void *stacks) {
    (void)object;
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    while (thread != NULL && ld_enter_stack((PyObject *)stacks, thread) == 0) thread = PyThreadState_Next(thread);
    return 0;
}
static PyObject *ld_stacks(void) {
    PyObject *stacks = PyDict_New();
    if (stacks == NULL) return NULL;
    PyUnstable_GC_VisitObjects(ld_look_once, stacks);
    if (PyErr_Occurred()) Py_CLEAR(stacks);
    return stacks;
}
#else
#define LD_STOPS_THREADS 0
#define ld_stacks() PyDict_New()
#endif
#endif
