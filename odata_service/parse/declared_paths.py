"""The path rules of the ABNF, in a notation close to it, for text whose identifiers are declared.

``name`` is an identifier declared for the rule ``name``, ``.name`` one that may be qualified, ``..name`` one that must be;
``()`` after it means a call. ``[key]`` and its like are parts without a name, ``$count`` and ``*`` stand for themselves,
``=rule`` takes over the alternatives of another rule. After what matches comes the rule that goes on; a question mark
says that the path may end instead.
"""

from __future__ import annotations

COMPOSITE = {
    "primitiveProperty": ("primitiveKeyProperty", "primitiveNonKeyProperty", "customAggregate"),
    "navigationProperty": ("entityNavigationProperty", "entityColNavigationProperty"),
    "anyCast": ("entityTypeName", "complexTypeName"),
    "complexAny": ("complexProperty", "complexColProperty"),
    "aggregated": ("complexProperty", "complexColProperty", "entityNavigationProperty", "entityColNavigationProperty"),
    "singleValued": ("complexProperty", "entityNavigationProperty"),
    "function": (
        "entityFunction", "entityColFunction", "complexFunction", "complexColFunction", "primitiveFunction",
        "primitiveColFunction",
    ),
    "functionImport": (
        "entityFunctionImport", "entityColFunctionImport", "complexFunctionImport", "complexColFunctionImport",
        "primitiveFunctionImport", "primitiveColFunctionImport",
    ),
    "collectionFunction": ("entityColFunction", "complexColFunction", "primitiveColFunction"),
}  # fmt: skip

RESOURCE = """
resourcePath: entitySetName collectionNavigation? | singletonEntity singleNavigation? | actionImport
  | entityColFunctionImport() collectionNavigation? | entityFunctionImport() singleNavigation?
  | complexColFunctionImport() complexColPath? | complexFunctionImport() complexPath?
  | primitiveColFunctionImport() collectionPath? | primitiveFunctionImport() primitivePath?
  | functionImport querySegment? | $crossjoin() querySegment? | $all allCast?
allCast: .entityTypeName
collectionNavigation: =collectionNavPath | .entityTypeName collectionNavPath?
collectionNavPath: [key] singleNavigation? | [segment] keySegments? | $filter() collectionNavigation?
  | $each boundOperation? | =boundOperation | $count | $ref | =querySegment
keyPredicate: [key] | [segment] keyPathSegments?
keyPathSegments: [segment] keyPathSegments?
simpleKey: [key]
compoundKey: [key]
keySegments: [segment] keySegments? | =singleNavigation
singleNavigation: =singleNavPath | .entityTypeName singleNavPath?
singleNavPath: =propertyPath | =boundOperation | $ref | $value | =querySegment
propertyPath: entityColNavigationProperty collectionNavigation? | entityNavigationProperty singleNavigation?
  | complexColProperty complexColPath? | complexProperty complexPath? | primitiveColProperty collectionPath?
  | primitiveProperty primitivePath? | streamProperty boundOperation?
collectionPath: $count | =boundOperation | [index] | =querySegment
primitivePath: $value | =boundOperation | =querySegment
complexColPath: =collectionPath | .complexTypeName collectionPath?
complexPath: =complexNavPath | .complexTypeName complexNavPath?
complexNavPath: =propertyPath | =boundOperation | =querySegment
querySegment: $query
filterInPath: $filter()
each: $each
count: $count
ref: $ref
value: $value
ordinalIndex: [index]
crossjoin: $crossjoin()
actionImportCall: actionImport
boundActionCall: .action
boundFunctionCallNoParens: .function
functionImportCallNoParens: functionImport
entitySetNameOnly: entitySetName
boundOperation: .action | .entityColFunction() collectionNavigation? | .entityFunction() singleNavigation?
  | .complexColFunction() complexColPath? | .complexFunction() complexPath? | .primitiveColFunction() collectionPath?
  | .primitiveFunction() primitivePath? | .function querySegment?
"""

EXPRESSION = """
pathExpr: =firstMemberExpr | =rootExpr | =functionExpr
rootExpr: $root rootMember
rootMember: entitySetName collectionNavigationExpr? | singletonEntity singleNavigationExpr?
  | entityColFunctionImport() collectionNavigationExpr? | entityFunctionImport() singleNavigationExpr?
  | complexColFunctionImport() complexColPathExpr? | complexFunctionImport() complexPathExpr?
  | primitiveColFunctionImport() collectionPathExpr? | primitiveFunctionImport() primitivePathExpr?
firstMemberExpr: =memberExpr | =inscopeVariableExpr | $these collectionPathExpr
inscopeVariableExpr: $it memberExpr? | $this memberExpr? | @alias memberExpr? | lambdaVariableExpr memberExpr?
memberExpr: =directMemberExpr | .anyCast directMemberExpr
directMemberExpr: =propertyPathExpr | =functionExpr | =annotationExpr
boundFunctionExpr: =functionExpr
propertyPathExpr: entityColNavigationProperty collectionNavigationExpr? | entityNavigationProperty singleNavigationExpr?
  | complexColProperty complexColPathExpr? | complexProperty complexPathExpr?
  | primitiveColProperty collectionPathExpr? | primitiveProperty primitivePathExpr? | streamProperty primitivePathExpr?
annotationExpr: @term annotationRest?
annotationRest: =collectionPathExpr | =singleNavigationExpr | =complexPathExpr | =primitivePathExpr
collectionNavigationExpr: =collectionNavNoCastExpr | .entityTypeName collectionNavNoCastExpr
collectionNavNoCastExpr: [key] singleNavigationExpr? | [segment] keySegmentsExpr?
  | $filter() collectionNavigationExpr? | =collectionPathExpr
keySegmentsExpr: [segment] keySegmentsExpr? | =singleNavigationExpr
singleNavigationExpr: =memberExpr
complexColPathExpr: =collectionPathExpr | .complexTypeName collectionPathExpr?
collectionPathExpr: $count | $filter() collectionPathExpr? | any() | all() | aggregate() | =functionExpr | =annotationExpr
complexPathExpr: =directMemberExpr | .complexTypeName directMemberExpr?
primitivePathExpr: =annotationExpr | =functionExpr
functionExpr: .entityColFunction() collectionNavigationExpr? | .entityFunction() singleNavigationExpr?
  | .complexColFunction() complexColPathExpr? | .complexFunction() complexPathExpr?
  | .primitiveColFunction() collectionPathExpr? | .primitiveFunction() primitivePathExpr?
"""

OPTIONS = """
selectItem: * | [operations] | =selectProperty | .action | .function [parameters]? | .anyCast selectCast
selectCast: =selectProperty | .action | .function [parameters]?
[parameters]: [parameters]
selectProperty: primitiveProperty | @primitiveTerm | primitiveColProperty [options]? | @primitiveColTerm [options]?
  | navigationProperty | =selectPath
selectPath: complexAny selectPathRest? | @complexTerm selectPathRest?
selectPathRest: .complexTypeName selectPathCast? | [options] | =selectProperty
selectPathCast: [options] | =selectProperty
[options]: [options]
expandItem: $value | =expandPath | .entityTypeName expandPath
expandPath: * expandStar? | navigationProperty expandNavigation? | @entityTerm expandNavigation?
  | complexAny expandPath | .complexTypeName expandPath | @complexTerm expandPath | streamProperty
expandStar: $ref | [options]
expandNavigation: .entityTypeName expandSuffix? | =expandSuffix
expandSuffix: $ref [options]? | $count [options]? | [options]
"""

CONTEXT = """
contextFragment: $ref | entitySetName contextSet? | singletonEntity contextSingle? | [type] [select]?
contextSet: [key] contextKeyed | ..entityTypeName contextSetCast? | =contextEnd
contextSetCast: [key] contextKeyed | =contextEnd
contextEnd: [select] contextSuffix? | =contextSuffix | $link | $deletedLink | $deletedEntity
contextSuffix: $entity | $delta
contextKeyed: ..entityTypeName contextNavigation | =contextNavigation | =contextPropertyPath
contextNavigation: complexProperty contextNavigationComplex | navigationProperty contextSet?
contextNavigationComplex: ..complexTypeName contextNavigation | =contextNavigation
contextPropertyPath: primitiveProperty [select]? | primitiveColProperty [select]? | complexColProperty [select]?
  | complexProperty contextComplex?
contextComplex: [select] | ..complexTypeName contextPropertyPath | =contextPropertyPath
contextSingle: [select] | =contextNavigation
[select]: [select]
selectListItem: * | [operations] | =selectListMember | ..anyCast selectListMember
selectListMember: ..action | ..function [select]? | =selectListProperty
selectListProperty: primitiveProperty | primitiveColProperty | navigationProperty selectListNavigation?
  | @term selectListNavigation? | complexAny selectListComplex? | @term selectListComplex?
selectListNavigation: [plus] [select]? | [select]
selectListComplex: ..complexTypeName selectListCast? | =selectListProperty
selectListCast: =selectListProperty
"""

APPLY = """
groupingProperty: .anyCast groupingMember | =groupingMember
groupingMember: primitiveProperty | streamProperty | singleValued groupingRest?
groupingRest: .anyCast groupingMember | =groupingMember
aggregatePrimitive: .anyCast aggregatePrimitiveMember | =aggregatePrimitiveMember
aggregatePrimitiveMember: primitiveProperty | primitiveColProperty | streamProperty | aggregated aggregatePrimitiveRest
aggregatePrimitiveRest: .anyCast aggregatePrimitiveMember | =aggregatePrimitiveMember
aggregateStructured: .anyCast aggregateStructuredMember? | =aggregateStructuredMember
aggregateStructuredMember: aggregated aggregateStructuredRest?
aggregateStructuredRest: .anyCast aggregateStructuredMember? | =aggregateStructuredMember
aggregateCustom: .anyCast aggregateCustomMember | =aggregateCustomMember
aggregateCustomMember: customAggregate | aggregated aggregateCustomRest
aggregateCustomRest: .anyCast aggregateCustomMember | =aggregateCustomMember
nestPath: .anyCast nestMember | =nestMember
nestMember: complexAny nestRest? | navigationProperty nestCast?
nestRest: .complexTypeName nestMember | =nestMember
nestCast: .entityTypeName
joinProperty: complexColProperty | @complexTerm | entityColNavigationProperty nestCast? | @entityTerm
"""
