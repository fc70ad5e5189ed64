package host

// IsStub is for the tests of other systems.
var IsStub = isStub
