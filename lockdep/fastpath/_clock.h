/* The clock of wait and hold times, in ns.

   Reading CLOCK_MONOTONIC costs as much as taking a lock. The time-stamp counter of x86-64 costs a third of that. It is used
   if the processor says that it runs at one rate in all states (CPUID 0x80000007, EDX bit 8), and is measured against
   CLOCK_MONOTONIC once. Elsewhere, and until it is measured, CLOCK_MONOTONIC itself is read. */
#ifndef LOCKDEP_CLOCK_H
#define LOCKDEP_CLOCK_H
#include <time.h>

static inline long long ld_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}
/* A moment on both clocks, and how long a tick is. `scale` is 0 while ticks are not used. */
typedef struct { unsigned long long ticks; long long ns; unsigned long long scale; int begun; } ld_timer;

#if defined(__x86_64__) && defined(__GNUC__) && defined(__SIZEOF_INT128__)
#include <cpuid.h>
#include <x86intrin.h>
#define LD_CALIBRATION 2000000        /* ns that the counter is measured for: good to some parts in 100,000 */

static inline int ld_has_ticks(void) {
    unsigned int a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}
/* Read both clocks at one moment: of several tries the one between whose readings the least time passes. */
static inline void ld_read_both(unsigned long long *ticks, long long *ns) {
    unsigned long long least = ~0ULL;
    for (int i = 0; i < 8; i++) {
        unsigned long long before = __rdtsc();
        long long now = ld_monotonic();
        unsigned long long took = __rdtsc() - before;
        if (took < least) { least = took; *ticks = before + took / 2; *ns = now; }
    }
}
/* Measure the counter if it is fit for use. Takes 2 ms. */
static inline void ld_calibrate(ld_timer *clock) {
    unsigned long long first, last;
    long long began, ended;
    if (__atomic_exchange_n(&clock->begun, 1, __ATOMIC_SEQ_CST) || !ld_has_ticks()) return;      /* one thread measures */
    ld_read_both(&first, &began);
    do ld_read_both(&last, &ended); while (ended - began < LD_CALIBRATION);
    if (last - first < (unsigned long long)(ended - began) / 16) return;          /* slower than the clock: no use */
    clock->ticks = last;
    clock->ns = ended;
    __atomic_store_n(&clock->scale, (unsigned long long)(((unsigned __int128)(ended - began) << 32) / (last - first)),
                     __ATOMIC_RELEASE);
}
/* Whoever sees that the scale is set sees the moment as well. */
static inline unsigned long long ld_scale(ld_timer *clock) { return __atomic_load_n(&clock->scale, __ATOMIC_ACQUIRE); }
/* Return a moment in a unit that costs nothing to make; ld_ns makes ns of it. */
static inline long long ld_stamp(ld_timer *clock) { return ld_scale(clock) ? (long long)__rdtsc() : ld_monotonic(); }
static inline long long ld_ns(ld_timer *clock, long long stamp) {
    if (!ld_scale(clock)) return stamp;
    return clock->ns + (long long)((__int128)(stamp - (long long)clock->ticks) * clock->scale >> 32);
}
/* Return the ns from one stamp to another, 0 if they are in the wrong order: two processors may differ by a few ns. */
static inline long long ld_span(ld_timer *clock, long long from, long long to) {
    if (to <= from) return 0;
    if (!ld_scale(clock)) return to - from;
    return (long long)((unsigned __int128)(unsigned long long)(to - from) * clock->scale >> 32);
}
#else
static inline void ld_calibrate(ld_timer *clock) { (void)clock; }
static inline long long ld_stamp(ld_timer *clock) { (void)clock; return ld_monotonic(); }
static inline long long ld_ns(ld_timer *clock, long long stamp) { (void)clock; return stamp; }
static inline long long ld_span(ld_timer *clock, long long from, long long to) { (void)clock; return to > from ? to - from : 0; }
#endif
/* For callers that are plain Python as well, and have no pointers. */
#define LD_STAMP(clock) ld_stamp(&(clock))
#define LD_NS(clock, stamp) ld_ns(&(clock), stamp)
#define LD_SPAN(clock, from, to) ld_span(&(clock), from, to)
#endif
