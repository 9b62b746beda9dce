// Reads a state machine from stdin and prints what asl-validator says of it.
const validate = require("asl-validator");
const machine = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(validate(machine, { checkPaths: true, checkArn: true })));
