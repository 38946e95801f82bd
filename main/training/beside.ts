/** Work beside the training, one thing at a time: whoever must not go on before it is done waits for it. */
export class Beside {
  private work: Promise<void> | null = null
  private failure: { readonly error: unknown } | null = null

  /** Whether something is under way. */
  get busy(): boolean {
    return this.work !== null
  }

  /** Begins something where nothing is under way. What it fails with is told by `check` and `done`. */
  begin(work: () => Promise<void>): void {
    this.work = work()
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => (this.work = null))
  }

  /** @throws what something failed with, again and again */
  check(): void {
    if (this.failure !== null) throw this.failure.error
  }

  /** Resolves when nothing is under way. @throws as check does */
  async done(): Promise<void> {
    await this.work
    this.check()
  }
}
