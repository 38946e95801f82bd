/** What classes are called in sentences, rows and file names: digits, names, and numbers where there are none. */
import { describe, expect, it } from 'vitest'
import { decodedName, drawnName, isOwnName } from '../../main/runs/names'
import {
  allClasses,
  classNames,
  classTitle,
  classWithin,
  kindOfClass,
  kindOfPicture,
  labelNamed,
  ofClass,
  shortClass,
} from '../../preload/classes'

const digits = [...'0123456789']
const clothes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]
const signs = [...'おきすつなはまやれを']

describe('a class', () => {
  it.each([
    [digits, ['3', 'Digit 3', 'digit 3', 'a 3', 'digit', 'digit', 'a digit']],
    [clothes, ['Dress', 'Dress', 'Dress', 'Dress', 'class', 'image', 'an image']],
    [signs, ['つ', 'つ', 'つ', 'つ', 'class', 'image', 'an image']],
    [null, ['3', 'Class 3', 'class 3', 'class 3', 'class', 'image', 'an image']],
  ] as const)('of %j', (given, words) => {
    const names = given && [...given]
    const texts = [shortClass, classTitle, classWithin, ofClass].map((text) => text(names, 3))
    expect([...texts, kindOfClass(names), ...kindOfPicture(names)]).toEqual(words)
  })

  it('is found by its name, whatever the case', () => {
    expect([' ankle BOOT', 'Boot', ''].map((text) => labelNamed(clothes, text))).toEqual([9, null, null])
    expect(labelNamed(signs, 'つ')).toBe(3)
    expect(labelNamed(null, 'Dress')).toBeNull()
  })

  it('is told with all the others', () => {
    expect([digits, clothes, null].map(allClasses)).toEqual([
      'the digits 0 to 9',
      'T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot',
      'the classes 0 to 9',
    ])
    expect(allClasses(digits.toReversed())).toBe('9, 8, 7, 6, 5, 4, 3, 2, 1, 0')
  })
})

describe('a picture that was drawn', () => {
  it.each([
    [null, digits, 'sample_all_seed7_epoch2.png'],
    [3, digits, 'sample_digit3_seed7_epoch2.png'],
    [3, null, 'sample_class3_seed7_epoch2.png'],
    [0, clothes, 'sample_class0-t-shirt-top_seed7_epoch2.png'],
    [9, clothes, 'sample_class9-ankle-boot_seed7_epoch2.png'],
    [0, signs, 'sample_class0-お_seed7_epoch2.png'],
    [0, ['../..', ...clothes.slice(1)], 'sample_class0_seed7_epoch2.png'],
    [0, ['CON:<|>*?', ...clothes.slice(1)], 'sample_class0-con_seed7_epoch2.png'],
  ])('of class %j of %j has a name that any system takes, and that is known as the app’s own', (label, names, file) => {
    expect(drawnName(label, names, 7, 2)).toBe(file)
    expect(isOwnName(file)).toBe(true)
  })

  it('of what codes of test images are decoded to is known, too, and short however many they are', () => {
    expect(decodedName([0, 7], 3, 2)).toBe('sample_of-0-7_seed3_epoch2.png')
    for (const places of [[0], Array(100).fill(999_999_999) as number[]]) {
      const name = decodedName(places, 4_294_967_295, 2)
      expect(name.length).toBeLessThan(200)
      expect(isOwnName(name)).toBe(true)
    }
  })

  it('is not what a person has named', () => {
    for (const name of [
      'sample_class0/../x_seed7_epoch2.png',
      'sample_classes_seed7_epoch2.png',
      'sample_class12_seed7_epoch2.png',
    ])
      expect(isOwnName(name)).toBe(false)
  })
})

it('names that are none leave their numbers', () => {
  for (const bad of [
    clothes.slice(1),
    ['', ...clothes.slice(1)],
    ['a\nb', ...clothes.slice(1)],
    ['\u202Eevil', ...clothes.slice(1)],
  ])
    expect(classNames.safeParse(bad).success).toBe(false)
  expect(classNames.safeParse(signs).success).toBe(true)
})
