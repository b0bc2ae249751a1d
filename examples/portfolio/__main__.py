"""The Pulumi program of this folder: `pulumi preview -s NAME` plans stacks/NAME.yaml."""

from modelform.program.entry import main

main()
