"""The grammars of OData's URL language, in Lark's notation; installed as ``odata_service.grammar``."""
