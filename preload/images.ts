/** The size of an image, here and in every file, picture and model: 28 by 28 pixels, as MNIST has them. */

/** Pixels on a side. */
export const side = 28
export const imageSize = side * side
