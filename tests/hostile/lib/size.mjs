// How long and how large the attacks are. Read before the harness clears RT_* from the environment.
// RT_HOSTILE=long runs each attack for longer and with more of it; by hand, not in CI.
export const kLong = process.env.RT_HOSTILE === 'long';

// Of CI's, or of a run by hand.
export const sized = (short, long) => (kLong ? long : short);

export const kMiB = 1 << 20;

// What the manual says of a hub's memory: resident at most so many times --memory, a constant, and a figure for
// each connection. In MiB and KiB.
export const kMemoryTimes = 1.75;
export const kConstantMiB = 48;
export const kConnectionKiB = 8;

// A good client's p99 while somebody attacks: at most this, or so many times its own without.
export const kLatencyMs = 100;
export const kLatencyTimes = 10;

// How often an attack is made before others' time is believed.
export const kAttempts = 3;

// How long a hub may take to be as it was after the attackers have gone.
export const kRecoveryMs = sized(12_000, 60_000);

// Longer than this, and a test has hung.
export const kTestMs = sized(45_000, 400_000);
