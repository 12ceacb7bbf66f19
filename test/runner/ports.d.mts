/** `count` ports that nobody has and no installation has claimed, of the range that installations choose from. */
export function freePorts(count: number): Promise<number[]>
/** What the installations on this machine have taken. */
export function claims(): { readonly home: string; readonly ports: readonly number[] }[]
