/** Names and types, all the way down; null fits anything, and of a list the first item stands for all. */
export function differences(one: unknown, other: unknown, path = ''): readonly string[] {
  if (one === null || other === null) return []
  if (Array.isArray(one) && Array.isArray(other))
    return one.length > 0 && other.length > 0 ? differences(one[0], other[0], `${path}[0]`) : []
  if (typeof one !== 'object' || typeof other !== 'object')
    return typeof one === typeof other ? [] : [`${path}: ${typeof one}, ${typeof other}`]
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    key in left && key in right
      ? differences(left[key], right[key], `${path}.${key}`)
      : [`${path}.${key} is missing`],
  )
}
