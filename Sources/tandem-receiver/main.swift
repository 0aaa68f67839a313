import TandemReceiver

ReceiverProgram.main()
