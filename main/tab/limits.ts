/** What one page, and all connections together, may ask of the tab's server. */

/** Bytes of a message. The longest call of a page names two folders of 4,096 letters, three bytes each at most. */
export const longestMessage = 1 << 16
/** Elements of an array in a message. The longest is that of the test images to reconstruct, 100. */
export const longestArray = 256
