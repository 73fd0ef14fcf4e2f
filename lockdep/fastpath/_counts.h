/* Counts of acquisitions by number of the Tally: blocks for each living thread, and one table for all that have ended. */
#ifndef LOCKDEP_COUNTS_H
#define LOCKDEP_COUNTS_H
#include "lockdep/fastpath/_atomics.h"

#ifdef __GNUC__
#define LD_COLD __attribute__((noinline, cold, unused))      /* keeps the hot path small enough to be inlined itself */
#else
#define LD_COLD
#endif

/* The counts of one thread. A block is allocated when one of its numbers is counted for the first time, so a thread has
   memory for the classes that it uses, and a pointer for LD_BLOCK other numbers.

   Other threads read them. Without the GIL, what they may be reading is not freed. */
#define LD_BLOCK 128
#define LD_BLOCKS_KEPT 4         /* by a state that waits for its next thread */
typedef struct { long long **blocks; unsigned size; } ld_counts;

/* Return the block for a number, which the thread counts for the first time; NULL if there is no memory for it. */
static LD_COLD long long *ld_new_block(ld_counts *counts, unsigned number) {
    unsigned at = number / LD_BLOCK, room = counts->size == 0 ? 4 : counts->size;
    long long *block;
    if (at >= counts->size) {
        long long **grown, **old = counts->blocks;
        while (room <= at) room *= 2;
        grown = (long long **)PyMem_RawCalloc(room, sizeof *grown);
        if (grown == NULL) return NULL;
        for (unsigned i = 0; i < counts->size; i++) grown[i] = old[i];
        __atomic_store_n(&counts->blocks, grown, __ATOMIC_SEQ_CST);
        __atomic_store_n(&counts->size, room, __ATOMIC_SEQ_CST);
        if (!LD_FREE_THREADED) PyMem_RawFree(old);
    }
    block = (long long *)PyMem_RawCalloc(LD_BLOCK, sizeof(long long));
    __atomic_store_n(&counts->blocks[at], block, __ATOMIC_RELEASE);
    return block;
}
/* Count one acquisition under `number`. Without memory it is not counted: the lock is taken already. Only the thread itself
   writes a count, so that a load and a store are enough; whoever clears all counts may miss one that is just written. */
static inline void ld_count_up(ld_counts *counts, unsigned number) {
    long long *block = number / LD_BLOCK < counts->size ? counts->blocks[number / LD_BLOCK] : NULL;
    if (block == NULL) block = ld_new_block(counts, number);
    if (block != NULL) LD_STORE(block[number % LD_BLOCK], LD_LOAD(block[number % LD_BLOCK]) + 1);
}
static inline void ld_forget_counts(ld_counts *counts) {
    for (unsigned i = 0; i < counts->size; i++) PyMem_RawFree(counts->blocks[i]);
    PyMem_RawFree(counts->blocks);
}
/* Append (number, count) to a list, unless nothing was counted; -1 and an exception if there is no memory. */
static inline int ld_append_count(PyObject *list, unsigned number, long long count) {
    PyObject *pair = count == 0 ? NULL : Py_BuildValue("(IL)", number, count);
    int failed = count != 0 && (pair == NULL || PyList_Append(list, pair) < 0);
    Py_XDECREF(pair);
    return failed ? -1 : 0;
}
/* Return a block of a thread that may be running, or NULL. The table is read after its size: it was stored before that. */
static inline long long *ld_block(ld_counts *counts, unsigned at) {
    if (at >= __atomic_load_n(&counts->size, __ATOMIC_ACQUIRE)) return NULL;
    return __atomic_load_n(&__atomic_load_n(&counts->blocks, __ATOMIC_ACQUIRE)[at], __ATOMIC_ACQUIRE);
}
/* Return (number, count) for each number that was counted. Nothing is remembered over an append: it may run other threads. */
static inline PyObject *ld_counted(ld_counts *counts) {
    PyObject *found = PyList_New(0);
    for (unsigned at = 0; found != NULL && at < LD_LOAD(counts->size); at++)
        for (unsigned i = 0; i < LD_BLOCK && ld_block(counts, at) != NULL; i++)
            if (ld_append_count(found, at * LD_BLOCK + i, LD_LOAD(ld_block(counts, at)[i])) < 0) { Py_CLEAR(found); break; }
    return found;
}

/* The table of ended threads is made of chunks. A chunk is allocated when it is first needed, and never freed. */
#define LD_CHUNKS 8192
typedef struct { long long *chunks[LD_CHUNKS]; } ld_past;

static inline long long *ld_chunk(ld_past *past, unsigned at) {
    long long *made = __atomic_load_n(&past->chunks[at], __ATOMIC_ACQUIRE), *none = NULL;
    if (made != NULL) return made;
    made = (long long *)PyMem_RawCalloc(LD_BLOCK, sizeof *made);
    if (made == NULL || __atomic_compare_exchange_n(&past->chunks[at], &none, made, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return made;
    PyMem_RawFree(made);
    return none;
}
static inline void ld_fold_block(long long *block, long long *chunk) {
    for (unsigned i = 0; i < LD_BLOCK && chunk != NULL; i++) {
        long long counted = LD_LOAD(block[i]);
        if (counted != 0) { LD_ADD(chunk[i], counted); LD_STORE(block[i], 0); }
    }
}
/* Move the counts of a thread into the table. A state that has gathered many blocks gives them back. */
static inline void ld_fold_counts(ld_past *past, ld_counts *counts) {
    unsigned used = 0;
    for (unsigned i = 0; i < LD_LOAD(counts->size) && i < LD_CHUNKS; i++) {
        if (ld_block(counts, i) == NULL) continue;
        ld_fold_block(ld_block(counts, i), ld_chunk(past, i));
        if (LD_FREE_THREADED || ++used <= LD_BLOCKS_KEPT) continue;
        PyMem_RawFree(counts->blocks[i]);
        counts->blocks[i] = NULL;
    }
}
static inline PyObject *ld_past_counted(ld_past *past) {
    PyObject *found = PyList_New(0);
    for (unsigned at = 0; found != NULL && at < LD_CHUNKS; at++)
        for (unsigned i = 0; i < LD_BLOCK && LD_LOAD(past->chunks[at]) != NULL; i++)
            if (ld_append_count(found, at * LD_BLOCK + i, LD_LOAD(ld_chunk(past, at)[i])) < 0) { Py_CLEAR(found); break; }
    return found;
}
static inline void ld_clear_past(ld_past *past) {
    for (int at = 0; at < LD_CHUNKS; at++)
        for (int i = 0; i < LD_BLOCK && LD_LOAD(past->chunks[at]) != NULL; i++) LD_STORE(LD_LOAD(past->chunks[at])[i], 0);
}
#endif
