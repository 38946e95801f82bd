/** What a test image is called. */
import { ofClass, type ClassNames } from '../../preload/classes'

/** `Test image 7, a 3`; only its number where nobody says its class. */
export function testImageName(index: number, names: ClassNames, label: number | undefined): string {
  return label === undefined ? `Test image ${index}` : `Test image ${index}, ${ofClass(names, label)}`
}
