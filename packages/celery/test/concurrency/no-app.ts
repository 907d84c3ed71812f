/** A module that can be imported and has no app. */
export const nothing = 1
