/** A setting of a run: the values it takes, and what a person is told of it. */
import { z } from 'zod'

export type SettingValue = number | string

/** One setting. Page and terminal make its field, its option and its words of this. */
export interface Setting {
  /** What it takes, and what it is by default. Of a text its description says what it takes. */
  readonly schema: z.ZodDefault<z.ZodNumber | z.ZodEnum | z.ZodString>
  /** What its field is called: `KL warm-up`. */
  readonly title: string
  /** What it means to a person who sets it: a sentence or two. */
  readonly explain: string
  /** The same in the terminal's help, in a few words. */
  readonly about: string
  /** What each value of a choice is called. A text may have others, which are typed. */
  readonly choices?: Readonly<Record<string, string>>
  /** It counts only where these other settings have one of these values; where it does not, nobody is asked for it. */
  readonly only?: Only
}

/** Values by the names of settings. */
export type Only = Readonly<Record<string, readonly SettingValue[]>>

/** By the names that run.json has. */
export type Settings = Readonly<Record<string, Setting>>

/** The values of settings. */
export type ValuesOf<S extends Settings> = { -readonly [Name in keyof S]: z.output<S[Name]['schema']> }

/** The schema of settings taken together: what is left out has its default. */
export function shapeOf<S extends Settings>(settings: S): { [Name in keyof S]: S[Name]['schema'] } {
  const entries = Object.entries(settings).map(([name, { schema }]) => [name, schema])
  return Object.fromEntries(entries) as { [Name in keyof S]: S[Name]['schema'] }
}

/** Whether what has this condition counts among these values. */
export function counts({ only = {} }: { readonly only?: Only }, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(only).every(([name, some]) => some.includes(values[name] as SettingValue))
}

/** These settings out of more; what is left out has its default. */
export function valuesOf<S extends Settings>(settings: S, all: Readonly<Record<string, unknown>>): ValuesOf<S> {
  return z.object(shapeOf(settings)).parse(all) as ValuesOf<S>
}
