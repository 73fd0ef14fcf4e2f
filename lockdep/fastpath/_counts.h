/* Counts of acquisitions: an array for each living thread, and one table for all threads that have ended. */
#ifndef LOCKDEP_COUNTS_H
#define LOCKDEP_COUNTS_H
#include "lockdep/fastpath/_atomics.h"

#ifdef __GNUC__
#define LD_COLD __attribute__((noinline, cold, unused))      /* keeps the hot path small enough to be inlined itself */
#else
#define LD_COLD
#endif
/* Count one acquisition in an array that is too short; -1 and MemoryError if it cannot grow that far. */
static LD_COLD int ld_count_further(long long **counts, int *size, int number) {
    int room = *size == 0 ? 64 : *size;
    long long *grown;
    while (room <= number) room *= 2;
    grown = (long long *)PyMem_RawRealloc(*counts, room * sizeof *grown);
    if (grown == NULL) { PyErr_NoMemory(); return -1; }
    memset(grown + *size, 0, (room - *size) * sizeof *grown);
    grown[number] = 1;
    *counts = grown;
    *size = room;
    return 0;
}
/* Count one acquisition under `number`. */
static inline int ld_count_up(long long **counts, int *size, int number) {
    if (number >= *size) return ld_count_further(counts, size, number);
    (*counts)[number]++;
    return 0;
}
static inline void ld_forget_counts(long long *counts) { PyMem_RawFree(counts); }

/* The table of ended threads is made of chunks. A chunk is allocated when it is first needed, and never freed. */
#define LD_CHUNK 256
#define LD_CHUNKS 4096
typedef struct { long long *chunks[LD_CHUNKS]; } ld_counts;

static inline long long *ld_chunk(ld_counts *past, int at) {
    long long *made = past->chunks[at], *none = NULL;
    if (made != NULL) return made;
    made = (long long *)PyMem_RawCalloc(LD_CHUNK, sizeof *made);
    if (made == NULL || __atomic_compare_exchange_n(&past->chunks[at], &none, made, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return made;
    PyMem_RawFree(made);
    return none;
}
/* Move the counts of a thread that has ended into the table. */
static inline void ld_fold_counts(ld_counts *past, long long *counts, int size) {
    for (int i = 0; i < size && i < LD_CHUNK * LD_CHUNKS; i++) {
        long long *chunk = counts[i] == 0 ? NULL : ld_chunk(past, i / LD_CHUNK);
        if (chunk != NULL) { LD_ADD(chunk[i % LD_CHUNK], counts[i]); counts[i] = 0; }
    }
}
static inline long long ld_past_count(ld_counts *past, int number) {
    long long *chunk = number < LD_CHUNK * LD_CHUNKS ? past->chunks[number / LD_CHUNK] : NULL;
    return chunk == NULL ? 0 : chunk[number % LD_CHUNK];
}
static inline void ld_clear_past(ld_counts *past) {
    for (int i = 0; i < LD_CHUNKS; i++) if (past->chunks[i] != NULL) memset(past->chunks[i], 0, LD_CHUNK * sizeof(long long));
}
#endif
