"""The sandbox's data plane: what applications call at the deployed models' own hosts.

The text of an answer is canned; hosts, keys, tokens, rate limits, refusals and streams are as the service has them.
Nothing is imported here: `hosts` is asked by what the data plane itself stands on.
"""
