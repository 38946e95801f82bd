/** The two ends of the seam, as typed remote procedure calls: the page's, and the app's, which validates all that comes in. */
import { z } from 'zod'
import { calls, type CallHandlers, type Calls, type PageHandlers } from './contract'
import { AppError } from './errors'
import { connect, type Channel, type Remote } from './rpc'

/** The app as a page sees it. */
export type App = Omit<Remote<Calls, PageHandlers>, 'ask'> & Pick<Calls, 'ask'>
/** A page as the app sees it. */
export type Page = Remote<PageHandlers, Calls>

/**
 * The page's end. Calls reject with an AppError; `$close(error)` rejects those that still wait, so call it when the
 * channel is cut.
 */
export function connectToApp(page: PageHandlers, channel: Channel): App {
  return connect<Calls, PageHandlers>(page, channel) as unknown as App
}

/** The app's end: every input is checked against the contract before it reaches a handler. */
export function connectToPage(handlers: CallHandlers, channel: Channel): Page {
  return connect<PageHandlers, Calls>(checked(handlers), channel)
}

/** Calls of one page that wait for an answer. What the app's own page asks for at a time is a tenth of that. */
const mostWaiting = 256

/** The handlers behind their input schemas. A wrong input rejects with the code `call/invalid` and names the field. */
function checked(handlers: CallHandlers): Calls {
  let waiting = 0
  const entries = Object.entries(calls).map(([name, { input }]) => [
    name,
    async (value: unknown) => {
      const parsed = input.safeParse(value ?? undefined)
      if (!parsed.success) throw invalid(name, parsed.error)
      if (waiting >= mostWaiting) throw tooMany()
      waiting++
      try {
        return await handlers[name as keyof Calls](parsed.data as never)
      } finally {
        waiting--
      }
    },
  ])
  return Object.fromEntries(entries) as Calls
}

function tooMany(): AppError {
  return new AppError(
    'call/too-many',
    `The page is already waiting for ${mostWaiting} answers.`,
    'Wait for them, or reload the page.',
  )
}

function invalid(name: string, error: z.ZodError): AppError {
  const [issue] = error.issues
  const field = issue?.path.join('.')
  // it may repeat what was sent
  const reason = issue?.message.slice(0, 200) ?? 'unknown'
  return new AppError(
    'call/invalid',
    `${field ? `“${field}”` : `What came with “${name}”`} is not right: ${reason}.`,
    'Change the value and try again.',
    { details: z.prettifyError(error) },
  )
}
