// Who may do what in a campaign: users of the label store with their roles in it.
import { api, ok, written, type Shape } from '../../api/client'
import { Problem } from '../../api/problem'
import { t } from '../../i18n'

export const ROLES = ['labeler', 'reviewer'] as const
export type Role = (typeof ROLES)[number]
export interface Member {
  user_id: number
  email: string
  enabled: boolean
  role: Role
  role_id: number
}
type User = Shape['LabelUser']
const PAGE = 1000

/** By address; a person with two roles is there twice. */
export async function loadMembers(campaign: number): Promise<Member[]> {
  const members = (await allUsers()).flatMap(({ user_id, email, enabled, roles = [] }) =>
    roles.filter((role) => isOf(campaign, role)).map(({ role, role_id }) => ({ user_id, email, enabled, role: role as Role, role_id })),
  )
  return members.sort((a, b) => a.email.localeCompare(b.email) || a.role.localeCompare(b.role))
}

async function allUsers(): Promise<User[]> {
  const users: User[] = []
  for (let page: number | null | undefined = 1; page; ) {
    const found: Shape['LabelUserList'] = await ok(api.GET('/api/v1/label_users', { params: { query: { page, per_page: PAGE } } }))
    users.push(...found.users)
    page = found.pagination.next
  }
  return users
}

const isOf = (campaign: number, role: Shape['LabelRole']) => role.subject_type === 'campaign' && role.subject_id === campaign

/** Gives a person a role; one who is new gets a key pair, which is returned. */
export async function addMember(campaign: number, email: string, role: Role): Promise<Shape['LabelAccessToken'] | null | undefined> {
  const { users } = await ok(api.GET('/api/v1/label_users', { params: { query: { email } } }))
  if (users[0]) return void (await grant(campaign, users[0].user_id, role))
  const roles = [{ role, subject_type: 'campaign', subject_id: campaign }]
  return (await written(api.POST('/api/v1/label_users', { body: { email, issue_key: true, roles } }))).access_token
}

/** The new role first, so that nobody is without one where the second step fails. */
export async function changeRole(campaign: number, member: Member, role: Role): Promise<void> {
  await grant(campaign, member.user_id, role)
  await removeMember(member)
}

export async function removeMember({ user_id, role_id }: Member): Promise<void> {
  await ok(api.DELETE('/api/v1/label_users/{user_id}/roles/{role_id}', { params: { path: { user_id, role_id } } }))
}

async function grant(campaign: number, user_id: number, role: Role): Promise<void> {
  const body = { role, subject_type: 'campaign', subject_id: campaign }
  await written(api.POST('/api/v1/label_users/{user_id}/roles', { params: { path: { user_id } }, body }))
}

/** A campaign that is not there has no members either: it is said before anybody is added. */
export async function titleOf(campaign: number): Promise<string> {
  if (!Number.isSafeInteger(campaign)) throw new Problem(404, { detail: t('members.no-campaign') })
  return (await ok(api.GET('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: campaign } } }))).title
}
