// Threads: how they meet, how they share the items of a call, and the walk along a script.
#include "calls.h"

#define SPINS 20000 // some tens of microseconds: about the longest wait between calls, short for idling

static struct {
    u32 arrived;    // threads that have reached the barrier
    u32 generation; // barriers passed
    u32 sleeping;   // threads that have given up spinning
    u32 taken;      // items of the running call
    u32 threads;
    const u32 *script; // what runs; null ends the other threads
} team;

#ifdef THREADS
_Bool take(u32 total, u32 step, u32 *first, u32 *end) {
    *first = __atomic_fetch_add(&team.taken, step, __ATOMIC_RELAXED);
    *end = *first + step < total ? *first + step : total;
    return *first < total;
}

// Waits for all threads. Spins first, because a call takes microseconds and waking up takes tens of them.
static void meet(void) {
    u32 generation = __atomic_load_n(&team.generation, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&team.arrived, 1, __ATOMIC_ACQ_REL) == team.threads) {
        team.arrived = 0;
        team.taken = 0;
        __atomic_store_n(&team.generation, generation + 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&team.sleeping, __ATOMIC_SEQ_CST))
            __builtin_wasm_memory_atomic_notify((int *)&team.generation, ~0u);
        return;
    }
    for (u32 spin = 0; spin < SPINS; spin++)
        if (__atomic_load_n(&team.generation, __ATOMIC_ACQUIRE) != generation) return;
    __atomic_fetch_add(&team.sleeping, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&team.generation, __ATOMIC_SEQ_CST) == generation)
        __builtin_wasm_memory_atomic_wait32((int *)&team.generation, (int)generation, -1);
    __atomic_fetch_sub(&team.sleeping, 1, __ATOMIC_SEQ_CST);
}
#else
_Bool take(u32 total, u32 step, u32 *first, u32 *end) {
    (void)step; // alone, a thread takes everything at once
    *first = team.taken;
    *end = total;
    team.taken = total;
    return *first < total;
}

static void meet(void) { team.taken = 0; }
#endif

// A script is calls one after the other: number, words of arguments, arguments; number 0 ends it.
// Looks ahead before each meeting: after the last one, whoever asked for the script may overwrite it.
static void walk(const u32 *script) {
    for (u32 number = *script; number;) {
        perform(number, script + 2);
        script += 2 + script[1];
        number = *script;
        meet();
    }
}

// Runs a script with all threads of the team; called by the one that leads it.
__attribute__((export_name("run"))) void run(const u32 *script) {
    if (!*script) return; // the others would read the next script in its place: nothing keeps them together
    team.script = script;
    if (team.threads > 1) meet();
    walk(script);
}

// Says how many threads there are. Called once, before any other thread begins to serve.
__attribute__((export_name("gather"))) void gather(u32 threads) { team.threads = threads; }

#ifdef THREADS
// A helping thread's life: waits for scripts and takes part in them, until it is dismissed.
__attribute__((export_name("serve"))) void serve(void) {
    for (;;) {
        meet();
        if (!team.script) return;
        walk(team.script);
    }
}

// Ends the helping threads.
__attribute__((export_name("dismiss"))) void dismiss(void) {
    team.script = 0;
    if (team.threads > 1) meet();
}
#endif
