"""What the state machines do, as definitions in the Amazon States Language: plain data, made without the CDK."""
