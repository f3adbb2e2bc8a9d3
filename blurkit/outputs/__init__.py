"""What the stages of our methods give, for those who build on one of them: a table for each method.

``outputs.NAME.OUTPUTS`` is {name of a stage: contract.Output}, in the order of the stages; ``methods.outputs`` finds
it. A method of another package has such a table, if it wants one, beside its operations.
"""
