/* Floor: kernels. For tests: many workers on few cores, as if each had a core of its own.
 *
 * On fewer cores than workers the threads take turns of milliseconds, so that each sees what the
 * others have done long before: what goes wrong when they train at the same time is hidden. With
 * -DSGNS_LOCKSTEP every worker that runs a job waits after LOCKSTEP_STEPS steps (centers, or pairs)
 * until all others have made as many. Without it these functions are empty.
 *
 * Every file that includes this has counters of its own, which is enough: all workers of a run use
 * one kernel. Only one run may be trained at a time. */
#ifndef FASTSGNS_LOCKSTEP_H
#define FASTSGNS_LOCKSTEP_H

#include <stdint.h>

#ifdef SGNS_LOCKSTEP

#include <sched.h>
#include <stdatomic.h>

enum { LOCKSTEP_STEPS = 16, LOCKSTEP_WORKERS = 256 };

/* Turns that each worker has made, from 1 on; 0: it runs no job. */
static _Atomic int64_t sgns_turns[LOCKSTEP_WORKERS];

static inline void sgns_lockstep_enter(int64_t worker)
{
    int64_t newest = 1;

    for (int other = 0; other < LOCKSTEP_WORKERS; other++) {
        const int64_t turns = atomic_load(&sgns_turns[other]);
        newest = turns > newest ? turns : newest;
    }
    atomic_store(&sgns_turns[worker % LOCKSTEP_WORKERS], newest);
}

static inline void sgns_lockstep_leave(int64_t worker)
{
    atomic_store(&sgns_turns[worker % LOCKSTEP_WORKERS], 0);
}

/* After step number `step`, from 0: waits when a turn is over. */
static inline void sgns_lockstep_wait(int64_t worker, int64_t step, const int32_t *stop)
{
    if (step % LOCKSTEP_STEPS != 0) return;
    const int64_t mine = atomic_fetch_add(&sgns_turns[worker % LOCKSTEP_WORKERS], 1) + 1;
    for (int other = 0; other < LOCKSTEP_WORKERS;) {
        const int64_t turns = atomic_load(&sgns_turns[other]);
        if (turns == 0 || turns + 1 >= mine || *(const volatile int32_t *)stop)
            other++;
        else
            sched_yield();
    }
}

#else

static inline void sgns_lockstep_enter(int64_t worker)
{
    (void)worker;
}

static inline void sgns_lockstep_leave(int64_t worker)
{
    (void)worker;
}

static inline void sgns_lockstep_wait(int64_t worker, int64_t step, const int32_t *stop)
{
    (void)worker, (void)step, (void)stop;
}

#endif
#endif
