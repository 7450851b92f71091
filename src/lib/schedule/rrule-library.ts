// Node loads the CommonJS build, whose names come with its default export; its types describe the other build.
// oxlint-disable-next-line import/default
import rrule from 'rrule'

export const { RRule, Weekday } = rrule
