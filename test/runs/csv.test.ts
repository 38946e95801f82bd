import { describe, expect, it } from 'vitest'
import { epochsCsv, runsCsv, stepsCsv } from '../../main/runs/csv'
import { runSettings, type RunSummary } from '../../preload/contract'

const parts = { loss: 100.5, reconstruction: 90.25, klZ1: 10.25 }

describe('numbers as a table', () => {
  it('have a row an epoch and a row a step, and nothing where nothing was measured', () => {
    const lines = [
      { type: 'epoch' as const, epoch: 0, step: 0, train: null, test: null },
      { type: 'step' as const, step: 1, epoch: 1, ...parts, objective: 99, klWeight: 0.5 },
      { type: 'epoch' as const, epoch: 1, step: 1, train: { ...parts, objective: 99 }, test: parts },
    ]
    expect(epochsCsv(lines)).toBe(
      'epoch,step,train_loss,train_reconstruction,train_klZ1,train_objective,test_loss,test_reconstruction,test_klZ1\r\n' +
        '0,0,,,,,,,\r\n1,1,100.5,90.25,10.25,99,100.5,90.25,10.25\r\n',
    )
    expect(stepsCsv(lines)).toBe('step,epoch,loss,reconstruction,klZ1,objective,klWeight\r\n1,1,100.5,90.25,10.25,99,0.5\r\n') // prettier-ignore
  })

  it('keep a name in its cell, and let no spreadsheet compute it', () => {
    const run = { id: 'a', startedAt: 'now', status: 'done', epoch: 1, curve: [null, 3.5], best: { epoch: 1, loss: 3.5 }, engine: 'onnx-cpu', data: { name: 'MNIST' }, settings: runSettings.parse({ seed: 7 }) } // prettier-ignore
    const named = (name: string) => ({ ...run, name }) as unknown as RunSummary
    const rows = runsCsv([named('=1+1'), named('a "b", c\nd'), named('-x')])
    expect(rows).toContain("a,'=1+1,now,done,1,3.5,3.5,1,onnx-cpu,MNIST,ladder,")
    expect(rows).toContain('a,"a ""b"", c\nd",now')
    expect(rows).toContain("a,'-x,now")
    expect(rows.split('\r\n')[0]).toMatch(/,seed,/)
  })
})
