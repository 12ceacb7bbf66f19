import type { AppId, BuildId, DeploymentId } from '../contract/ids.ts'
import type { Actor, BuildLogLine } from './deploy.ts'

export interface NewPush {
  readonly app: AppId
  readonly actor: Actor
  /** sha256 of the push's token: how its hook finds it again after a restart of the server. */
  readonly token: Buffer
  readonly ref: string
  readonly old: string
  readonly commit: string
  /** Said to the pusher before anything else. */
  readonly lines: readonly string[]
}

export interface AcceptedPush {
  readonly app: AppId
  readonly build: BuildId
  readonly deployment: DeploymentId
}

/** What git's side needs of deploying: to hand a push in, and to tell the pusher what becomes of it. */
export interface PushIntake {
  /** The push's objects are in the repository already. From here on it goes on without its pusher. */
  begin(push: NewPush): Promise<AcceptedPush>
  find(token: Buffer): Promise<AcceptedPush | null>
  /** The build's log from `after` on; ends when the push is decided. */
  follow(push: AcceptedPush, after: number, signal: AbortSignal): AsyncIterable<BuildLogLine>
  /** Whether git may move the ref; only to be asked after `follow` ended. */
  accepted(push: AcceptedPush): Promise<boolean>
}

/** What deploying needs of git's side. Repositories are named by app. */
export interface SourceControl {
  /** Writes a commit's tree to a folder made anew; returns warnings for the pusher. */
  export(app: AppId, commit: string, folder: string): Promise<readonly string[]>
  describe(app: AppId, commit: string): Promise<{ readonly subject: string; readonly author: string }>
  readRef(app: AppId, ref: string): Promise<string | null>
  /**
   * Lets a ref name what went live. The push's own git does it where it still runs (`token` finds it); else it is
   * done here. False when the ref names something else meanwhile.
   */
  landRef(
    app: AppId,
    move: { readonly ref: string; readonly to: string; readonly from: string; readonly token: Buffer | null },
  ): Promise<boolean>
  remove(app: AppId): Promise<void>
  /** Removes what killed pushes left behind, of all apps. */
  sweep(): Promise<number>
}
