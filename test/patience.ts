/** How long tests wait for what must come: a machine that is busy with others is slow, and slow is not wrong. */
export const patience = { timeout: 300_000, interval: 50 }

/** A unit test's, which is told sooner what has not come. */
export const briefPatience = { timeout: 20_000, interval: 20 }
