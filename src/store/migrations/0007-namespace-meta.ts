/** Labels and annotations of namespaces, as JSON; null where there are none. */
export const NAMESPACE_META = 'ALTER TABLE namespaces ADD COLUMN meta TEXT;'
