/* A histogram of durations in ns, by quarters of an octave, up to 2**40 ns. */
#ifndef LOCKDEP_HISTOGRAM_H
#define LOCKDEP_HISTOGRAM_H
#include <limits.h>
#include "lockdep/fastpath/_atomics.h"

#define LD_BUCKETS 160
typedef struct { long long count, total, least, most; unsigned int buckets[LD_BUCKETS]; } ld_histogram;

/* Set *where to ns if ns is less (or, with less == 0, more) than what is there. */
static inline void ld_extreme(long long *where, long long ns, int less) {
#ifdef Py_GIL_DISABLED
    long long old = __atomic_load_n(where, __ATOMIC_RELAXED);
    while ((less ? ns < old : ns > old) && !__atomic_compare_exchange_n(where, &old, ns, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
#else
    if (less ? ns < *where : ns > *where) *where = ns;
#endif
}
static inline void ld_note_time(ld_histogram *times, long long ns) {
    if (ns < 0) ns = 0;                   /* the counters of two processors may differ by a few ns */
    unsigned long long n = ns < 4 ? 4 : (unsigned long long)ns;
    int octave = 63 - __builtin_clzll(n), at = 4 * octave + (int)((n >> (octave - 2)) & 3);
    LD_ADD(times->count, 1);
    LD_ADD(times->total, ns);
    ld_extreme(&times->least, ns, 1);
    ld_extreme(&times->most, ns, 0);
    LD_ADD(times->buckets[at < LD_BUCKETS ? at : LD_BUCKETS - 1], 1);
}
#define LD_NOTE_TIME(times, ns) ld_note_time(&(times), ns)
static inline void ld_clear_times(ld_histogram *times) {
    LD_STORE(times->count, 0);
    LD_STORE(times->total, 0);
    LD_STORE(times->most, 0);
    LD_STORE(times->least, LLONG_MAX);
    for (int at = 0; at < LD_BUCKETS; at++) LD_STORE(times->buckets[at], 0);
}
/* Return (count, total, least, most, [(upper bound of a bucket, count), ...]). */
static inline PyObject *ld_times_of(ld_histogram *times) {
    PyObject *buckets = PyList_New(0), *pair;
    for (int at = 8; buckets != NULL && at < LD_BUCKETS; at++) {
        unsigned int counted = LD_LOAD(times->buckets[at]);
        if (counted == 0) continue;
        int octave = at / 4;
        pair = Py_BuildValue("(LI)", (1LL << octave) + ((long long)(at % 4 + 1) << (octave - 2)), counted);
        if (pair == NULL || PyList_Append(buckets, pair) < 0) Py_CLEAR(buckets);
        Py_XDECREF(pair);
    }
    if (buckets == NULL) return NULL;
    long long count = LD_LOAD(times->count);
    return Py_BuildValue("(LLLLN)", count, LD_LOAD(times->total), count ? LD_LOAD(times->least) : 0, LD_LOAD(times->most), buckets);
}
#endif
