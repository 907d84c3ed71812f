/** The beginnings of the keys under which things are kept, after the prefix that the options may name. */
export const TASK_KEYPREFIX = 'celery-task-meta-'
export const GROUP_KEYPREFIX = 'celery-taskset-meta-'
/** Ours: Celery has no such keys. */
export const CLAIM_KEYPREFIX = 'celery-unique-'
