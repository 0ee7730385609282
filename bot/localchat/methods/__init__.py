"""The Bot API's methods. Each takes the store and the parameters, and returns the `result` of the response."""
