import type { Outcome } from './trace.ts'

/** Celery's names of how a run ends, those that are no states of a result included. */
export const OUTCOME_STATES: Readonly<Record<Outcome['kind'], string>> = {
  success: 'SUCCESS',
  failure: 'FAILURE',
  retry: 'RETRY',
  ignore: 'IGNORED',
  reject: 'REJECTED',
  undecodable: 'FAILURE',
  cancelled: 'REVOKED',
}
