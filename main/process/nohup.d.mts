/** Whether this process was started to outlive its terminal: a hangup is then not for it. */
export function startedByNohup(): boolean
