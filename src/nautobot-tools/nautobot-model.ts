export interface NautobotModel {
  /** `dcim.device`. */
  readonly objectType: string
  /** `device`. */
  readonly name: string
  /** `devices`. */
  readonly plural: string
  /** Path of the list in Nautobot's pages; undefined when there is none. */
  readonly page: string | undefined
  /** Path of the list in the REST API; undefined when Nautobot does not tell. */
  readonly api?: string | undefined
  /** Name of the root list; undefined when GraphQL does not have the model. */
  readonly graphqlRoot: string | undefined
  /** Its objects have MAC addresses of their own. */
  readonly hasMac: boolean
}

/** The models as one user has them. */
export interface UserModels {
  readonly models: readonly NautobotModel[]
  /** Object types of which the user may view at least some. */
  readonly viewable: ReadonlySet<string>
}

export interface FieldDescription {
  /** Class name in Nautobot's serializer: `ChoiceField`. */
  readonly type: string
  readonly required: boolean
  readonly related?: string | undefined
  readonly choices?: readonly string[] | undefined
}

export interface FilterDescription {
  /** Class name in Nautobot's filter set: `TreeNodeMultipleChoiceFilter`. */
  readonly type: string
  readonly related?: string | undefined
  readonly lookups?: readonly string[] | undefined
  /** The filter to ask with instead: ours, where Nautobot's of this name does not do what people mean by it. */
  readonly sentAs?: string | undefined
}

export interface ModelDescription {
  readonly fields: ReadonlyMap<string, FieldDescription>
  readonly filters: ReadonlyMap<string, FilterDescription>
}
