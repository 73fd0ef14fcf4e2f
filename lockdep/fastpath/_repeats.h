/* Signals that come again until their handler in Python has run. CPython's own handler in C only sets a flag, and a thread
   that begins to wait in C right after that does not look at it. A second signal interrupts the wait.

   The kernel's timers are called without the C library: in older ones these functions are in a library of their own. */
#ifndef LOCKDEP_REPEATS_H
#define LOCKDEP_REPEATS_H

#if defined(__linux__) && defined(__LP64__)
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LD_SIGNALS 64
#define LD_REPEAT_NS 50000000L   /* from a signal to the next one */
static int ld_timers[LD_SIGNALS];             /* the kernel's number of the timer, plus one; 0: there is none */
static struct sigaction ld_original[LD_SIGNALS];

/* The handler. It calls nothing but what POSIX allows there, and system calls. */
static void ld_came(int number) {
    int error = errno;
    struct itimerspec soon;
    memset(&soon, 0, sizeof soon);
    soon.it_value.tv_nsec = LD_REPEAT_NS;
    ld_original[number].sa_handler(number);
    if (ld_timers[number]) syscall(SYS_timer_settime, ld_timers[number] - 1, 0, &soon, NULL);
    errno = error;
}
/* Have this signal come again, after it has come, until ld_end_repeat; only if CPython has a handler for it. */
static inline void ld_repeat(int number) {
    struct sigaction now;
    struct sigevent event;
    int timer;
    if (number < 1 || number >= LD_SIGNALS || ld_timers[number] || sigaction(number, NULL, &now)) return;
    if (now.sa_flags & SA_SIGINFO || now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN || now.sa_handler == ld_came) return;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = number;
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer)) return;
    ld_original[number] = now;
    ld_timers[number] = timer + 1;
    now.sa_handler = ld_came;
    sigaction(number, &now, NULL);
}
/* Have it come no more. Timers end with a fork, but their numbers stay here. */
static inline void ld_end_repeat(int number) {
    struct sigaction now;
    if (number < 1 || number >= LD_SIGNALS || !ld_timers[number]) return;
    syscall(SYS_timer_delete, ld_timers[number] - 1);
    ld_timers[number] = 0;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == ld_came) sigaction(number, &ld_original[number], NULL);
}
#else
#define ld_repeat(number) ((void)(number))
#define ld_end_repeat(number) ((void)(number))
#endif
#endif
