/** What the classes of a dataset are called: by their names, or by their numbers where it has none. */
import { z } from 'zod'

/** Every dataset has so many classes. */
export const classCount = 10

/** Letters, digits and signs, at most so many; nothing that would not be seen, or would be obeyed. */
export const longestClassName = 40
export const className = z
  .string()
  .min(1)
  .refine((name) => [...name].length <= longestClassName && !/\p{C}|[\p{Zl}\p{Zp}]/u.test(name))

/** Of classes 0 to 9; null: they have none. */
export const classNames = z.array(className).length(classCount).nullable()
export type ClassNames = z.infer<typeof classNames>

const isDigit = (name: string): boolean => /^\d$/.test(name)

/** Beside a row: `3`, `Trouser`. */
export function shortClass(names: ClassNames, label: number): string {
  return names?.[label] ?? String(label)
}

/** By itself, or at the start of a sentence: `Digit 3`, `Trouser`, `Class 3`. */
export function classTitle(names: ClassNames, label: number): string {
  const name = names?.[label]
  if (name === undefined) return `Class ${label}`
  return isDigit(name) ? `Digit ${name}` : name
}

/** The same within a sentence: `digit 3`, `Trouser`, `class 3`. */
export function classWithin(names: ClassNames, label: number): string {
  const name = names?.[label]
  if (name === undefined) return `class ${label}`
  return isDigit(name) ? `digit ${name}` : name
}

/** The class that a person has named, whatever the case; null: there is none of that name. */
export function labelNamed(names: ClassNames, text: string): number | null {
  const wanted = text.trim().toLowerCase()
  const label = names?.findIndex((name) => name.toLowerCase() === wanted) ?? -1
  return label < 0 ? null : label
}

/** What a picture is of: `a 3`, `Trouser`, `class 3`. */
export function ofClass(names: ClassNames, label: number): string {
  const name = names?.[label]
  if (name === undefined) return `class ${label}`
  return isDigit(name) ? `a ${name}` : name
}

/** All of them, as a row each: `the digits 0 to 9`, `the classes 0 to 9`, `Trouser, Pullover, …`. */
export function allClasses(names: ClassNames): string {
  if (names === null) return 'the classes 0 to 9'
  return names.every((name, label) => name === String(label)) ? 'the digits 0 to 9' : names.join(', ')
}

/** What a picture of them is, by itself and with its article. */
export function kindOfPicture(names: ClassNames): readonly [kind: 'digit' | 'image', one: 'a digit' | 'an image'] {
  return kindOfClass(names) === 'digit' ? ['digit', 'a digit'] : ['image', 'an image']
}

/** What one of them is: a digit, or a class of whatever they are. */
export function kindOfClass(names: ClassNames): 'digit' | 'class' {
  return names?.every(isDigit) === true ? 'digit' : 'class'
}
