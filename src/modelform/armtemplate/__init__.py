"""ARM templates: from a template and its parameters to the resources it would deploy, without a connection."""

from modelform.armtemplate.evaluation import Evaluated, Resource, evaluate, level_of, parameter_values
from modelform.armtemplate.failure import TemplateError
from modelform.armtemplate.runtime import marks, resolve
from modelform.armtemplate.scope import Scope
from modelform.armtemplate.value import Runtime, unknown

__all__ = [
    "Evaluated",
    "Resource",
    "Runtime",
    "Scope",
    "TemplateError",
    "evaluate",
    "level_of",
    "marks",
    "parameter_values",
    "resolve",
    "unknown",
]
