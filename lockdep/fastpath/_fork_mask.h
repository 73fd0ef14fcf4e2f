/* Signals that wait while this thread forks. A handler's exception would be lost in a hook of the fork: nothing here runs
   Python code, nor asks whether a signal has come. */
#ifndef LOCKDEP_FORK_MASK_H
#define LOCKDEP_FORK_MASK_H

#ifndef _WIN32
#include <signal.h>

#define LD_FORKS 8               /* forks of one thread, one inside another, whose masks are kept */
static _Thread_local sigset_t ld_masks[LD_FORKS];
static _Thread_local int ld_forks;

/* Block the signals whose bits are set, and keep what was blocked before. */
static inline void ld_hold(unsigned long long numbers) {
    sigset_t set;
    if (ld_forks++ >= LD_FORKS) return;
    sigemptyset(&set);
    for (int number = 1; number < 64; number++)
        if (numbers >> number & 1) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, &ld_masks[ld_forks - 1]);
}
/* Let come what came before the fork. */
static inline void ld_let(void) {
    if (ld_forks > 0 && --ld_forks < LD_FORKS) pthread_sigmask(SIG_SETMASK, &ld_masks[ld_forks], NULL);
}
#else
#define ld_hold(numbers) ((void)(numbers))
#define ld_let() ((void)0)
#endif
#endif
